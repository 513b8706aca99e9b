Feature: A worker says whether it is at work
  The backend sends work to workers that are free; an operator looks at the same word.
  Flow: client -> worker.

  @category:integration @milestone:DST-Ph4 @criterion:D24 @needs:training-worker @needs:worker-registry @uses:training-worker @severity:major @id:worker-busy-then-idle
  Scenario: A worker at work says so and names its operation; after the end it is idle
    Given a running long training
    Then its worker says within 5 seconds that it is busy with it
    And it completes within 120 seconds
    And its worker is free within 30 seconds

  @category:integration @milestone:DST-Ph2 @criterion:D19 @needs:backtest-worker @needs:worker-registry @needs:switchable-workers @needs:training-worker @uses:services @severity:major @id:worker-moves
  Scenario: A worker that registers again at another address is listed once, and at work there
    Given KTRDR is ready for a smoke backtest
    When a backtest worker registers again, at another name of its address
    Then it is listed once, at that address
    And a new backtest can start

  @category:integration @milestone:DST-Ph3 @criterion:D21 @needs:backtest-worker @needs:training-worker @needs:worker-registry @uses:backtest-worker @severity:major @id:next-work-at-once
  Scenario: As soon as every worker has completed its work each gets the next
    Given every backtest worker has just completed its work
    When I start as many smoke backtests as there are workers
    Then as many backtests are accepted as there are workers
    And each that was accepted completes

  @category:error @milestone:DST-Ph4 @criterion:D24 @needs:training-worker @needs:worker-registry @uses:training-worker @severity:major @id:worker-free-after-failure
  Scenario: A worker whose work has failed is free again
    Given KTRDR is ready for a smoke training
    When I start a smoke training on the unknown symbol "NOSUCH"
    Then it fails within 60 seconds
    And its worker is free within 30 seconds

  @category:error @milestone:DST-Ph3 @criterion:D21 @needs:training-worker @needs:worker-registry @uses:training-worker @severity:major @id:busy-worker-refuses
  Scenario: A worker at work refuses more work and goes on with what it has
    Given a running long training
    When I ask its worker for another training
    Then the refusal says that the worker is busy
    And no training has been started
    And its worker says within 5 seconds that it is busy with it
    And it completes within 120 seconds
