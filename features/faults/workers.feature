Feature: Losing a worker costs no more than its own work
  Whoever runs KTRDR on several machines loses one now and then: the work on it must not be lost without a word, and
  the others go on.
  Flow: client -> backend -> worker.

  @category:error @milestone:CKP-M2 @milestone:OPS-M3 @milestone:DST-Ph1 @criterion:D57 @criterion:D8 @criterion:D15 @needs:backtest-worker @needs:training-worker @needs:worker-registry @needs:switchable-workers @uses:backtest-worker @uses:services @severity:blocker @id:worker-dies
  Scenario: A backtest whose worker dies fails within 90 seconds, and its reason names the worker
    Given a running long backtest
    When its worker dies
    Then the backend shows it as running for 1 second
    And it fails within 90 seconds
    And the reason names its worker
    When its worker comes back
    Then its worker is free within 60 seconds
    And a new backtest can start

  @category:error @milestone:DST-Ph2 @criterion:D18 @criterion:D19 @needs:backtest-worker @needs:training-worker @needs:worker-registry @needs:switchable-workers @uses:backtest-worker @uses:services @severity:major @id:worker-dead-is-shown
  Scenario: A worker that has died is shown as unavailable within 60 seconds, and once when it is back
    Given a running long backtest
    When its worker dies
    Then its worker is shown as temporarily unavailable within 60 seconds
    When its worker comes back
    Then its worker is free within 60 seconds
    And no worker is listed twice

  @category:error @milestone:CKP-M2 @criterion:D57 @needs:two-backtest-workers @needs:training-worker @needs:worker-registry @needs:switchable-workers @uses:backtest-worker @uses:services @severity:major @id:another-worker-takes-over
  Scenario: While a backtest worker is gone another one takes new work
    Given a running long backtest
    When its worker dies
    And I start a smoke backtest
    Then it completes within 60 seconds
    And it ran at a worker that had not been lost
    When the lost worker comes back
    Then the lost worker is free within 60 seconds

  @category:error @milestone:DST-Ph2 @milestone:CKP-M2 @criterion:D18 @criterion:D58 @needs:training-worker @needs:worker-registry @needs:switchable-workers @uses:training-worker @uses:services @severity:major @id:worker-hangs
  Scenario: A worker that hangs is shown as unavailable within 60 seconds, and keeps its training when it returns
    Given a running long training
    When its worker hangs
    Then its worker is shown as temporarily unavailable within 60 seconds
    When its worker comes back
    Then its worker is shown as reachable within 30 seconds
    And it completes within 180 seconds
    And the backend lists 10 epochs of it
    And a new training can start

  @category:error @milestone:DST-Ph2 @criterion:D18 @criterion:D19 @needs:backtest-worker @needs:training-worker @needs:worker-registry @needs:switchable-workers @uses:backtest-worker @uses:services @severity:minor @slow @id:worker-forgotten
  Scenario: A worker that stays away is forgotten within 6 minutes, and listed again when it returns
    Given a completed smoke backtest
    When its worker dies
    Then its worker is shown as temporarily unavailable within 60 seconds
    And its worker is forgotten within 6 minutes
    When its worker comes back
    Then its worker is shown as reachable within 60 seconds
    And a new backtest can start

  @category:error @milestone:DST-Ph5 @criterion:D22 @criterion:S29 @needs:training-worker @needs:worker-registry @needs:switchable-workers @uses:training-worker @uses:services @severity:major @id:no-training-worker
  Scenario: Without a training worker a training is refused with a hint, and once there is one it is not
    Given every training worker is switched off
    When I ask for a training that should be refused
    Then the refusal says that no worker is free
    And the refusal says what to do about it
    And no training has been started
    And the backend is still healthy
    When the training workers come back
    Then a new training can start

  @category:error @milestone:DST-Ph5 @criterion:D23 @criterion:S29 @needs:backtest-worker @needs:training-worker @needs:worker-registry @needs:switchable-workers @uses:backtest-worker @uses:services @severity:major @id:no-backtest-worker
  Scenario: Without a backtest worker a backtest is refused with a hint, and once there is one it is not
    Given every backtest worker is switched off
    When I ask for a backtest that should be refused
    Then the refusal says that no worker is free
    And the refusal says what to do about it
    And no backtest has been started
    And the backend is still healthy
    When the backtest workers come back
    Then a new backtest can start

  @category:error @milestone:API @criterion:S29 @needs:training-worker @needs:worker-registry @needs:replaceable-workers @uses:training-worker @uses:services @severity:major @id:worker-nonsense
  Scenario Outline: While training workers answer with <nonsense> a training is refused, and afterwards it is not
    Given every training worker answers with <nonsense>
    When I ask for a training that should be refused
    Then the refusal says that no worker is free
    And no training has been started
    And the backend is still healthy
    When the training workers come back
    Then a new training can start

    Examples: nonsense
      | name       | nonsense         |
      | huge       | a huge body      |
      | malformed  | a malformed body |
      | endless    | an endless body  |
      | redirected | a redirect       |
