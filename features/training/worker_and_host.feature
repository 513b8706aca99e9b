Feature: A training runs where there is a worker for it
  An operator wants to know which machine works on a training, and to use the training host without the backend.
  Flow: client -> backend -> training worker; client -> training host.

  @category:integration @milestone:OPS-M3 @milestone:OPS-M2 @criterion:S13 @criterion:D6 @needs:training-worker @needs:worker-registry @needs:logs @uses:training-worker @severity:major @id:3.1
  Scenario: The backend passes a training on to a worker, which answers for it under the same id
    Given a completed smoke training
    Then the worker that has it is one of those listed for a training
    And its worker knows it under the same id
    And the log of the backend shows the remote proxy of the training
    And the log of the backend shows no bridge of it
    And the log of its worker shows its bridge

  @category:integration @milestone:OPS-M3 @milestone:OPS-M1 @criterion:D7 @criterion:D4 @needs:training-worker @needs:worker-registry @uses:training-worker @severity:major @id:3.2
  Scenario: The backend is never ahead of the worker, and clients that look at once see the same
    Given a running long training
    Then its worker knows it under the same id
    And 3 clients that look at the same moment see the same
    And the backend is never ahead of its worker
    And its worker shows it as completed too

  @category:smoke @milestone:OPS-M2 @criterion:D6 @criterion:S16 @needs:training-host @uses:training-host @severity:major @id:2.1
  Scenario: The training host trains without the backend
    When I start a smoke training at the training host
    Then it completes within 60 seconds
    And the training host lists its session as completed
    And the result of its session counts 250 samples, give or take 10 %
    And the backend does not know it

  @category:smoke @milestone:OPS-M2 @criterion:D6 @needs:training-host @uses:training-host @severity:minor @id:2.2
  Scenario: The training host says of each session whether it has a GPU
    Given a completed smoke training that was started at the training host
    Then the training host lists its session as completed
    And its session says whether it has a GPU

  @category:smoke @milestone:API @criterion:S2 @needs:training-host @severity:major @id:S2
  Scenario: The training host reports itself healthy within 1 second
    When I ask the training host for its health
    Then it says that it is healthy and operational
    And it calls itself "training-worker"
    And the answer came within 1 second
