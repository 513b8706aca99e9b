Feature: A training can be cancelled
  A researcher who sees a training go wrong wants its worker back at once, and no late result.
  Flow: client -> backend -> training worker.

  @category:cancellation @milestone:CLU-Ph3 @criterion:S26 @criterion:D26 @criterion:S9 @needs:training-worker @uses:training-worker @severity:blocker @id:1.3
  Scenario: A cancelled training stops working and stays cancelled
    Given a running long training that has come to 50 % or more
    When I cancel it
    Then it is cancelled within 10 seconds
    And the backend states when it ended
    And it is still cancelled, at the backend and at its worker, when it would have ended by itself
    And its progress has stood still since
    And its worker is free within 30 seconds
    And a new training can start

  @category:cancellation @milestone:API @criterion:S9 @needs:training-worker @uses:training-worker @severity:major @id:cancel-after-the-end
  Scenario: A training that has ended can no longer be cancelled
    Given a completed smoke training
    When I try to cancel it
    Then the request is refused as a client error
    And the message names the training
    And it is still completed

  @category:cancellation @milestone:API @criterion:S9 @needs:training-worker @uses:training-worker @severity:minor @id:cancel-with-reason
  Scenario: A cancel that gives a reason is answered with it, and the training states it
    Given a running long training that has come to 10 % or more
    When I cancel it for the reason "wrong strategy"
    Then the cancel is answered with the reason "wrong strategy"
    And it is cancelled within 10 seconds
    And the backend states a reason that names "wrong strategy"

  @category:cancellation @milestone:CLU-Ph3 @criterion:S9 @criterion:D26 @needs:training-worker @uses:training-worker @severity:major @id:cancel-at-once
  Scenario: A training that is cancelled as soon as it is accepted never goes on
    Given KTRDR is ready for a long training
    When I start a long training
    And I cancel it
    Then it is cancelled within 10 seconds
    And it is still cancelled, at the backend and at its worker, when it would have ended by itself
    And its worker is free within 30 seconds
