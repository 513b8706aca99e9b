Feature: Operations that run side by side are kept apart
  A team that shares one KTRDR wants to see its own work, and to stop nobody else's.
  Flow: client -> backend -> training worker and backtest worker.

  @category:integration @milestone:API @criterion:S6 @criterion:S7 @needs:training-worker @needs:backtest-worker @uses:training-worker @uses:backtest-worker @severity:blocker @id:side-by-side
  Scenario: A training and a backtest that run at once end each with its own result
    Given KTRDR is ready for a progress backtest
    And a running long training
    And a running progress backtest
    Then the backtest completes within 120 seconds, at its worker too
    And the training completes within 120 seconds, at its worker too

  @category:cancellation @milestone:API @criterion:S9 @needs:training-worker @needs:backtest-worker @uses:training-worker @uses:backtest-worker @severity:blocker @id:cancel-one-of-two
  Scenario: The cancel of a backtest leaves a training that runs beside it alone
    Given KTRDR is ready for a progress backtest
    And a running long training
    And a running progress backtest
    When I cancel it
    Then it is cancelled within 10 seconds
    And the training goes on at its worker

  @category:cancellation @milestone:API @criterion:S9 @needs:two-backtest-workers @needs:training-worker @uses:backtest-worker @severity:blocker @id:cancel-one-of-a-kind
  Scenario: The cancel of a backtest stops it at its worker, and leaves another backtest alone
    Given a running long backtest
    And a running long backtest as well
    When I cancel it
    Then it is cancelled within 10 seconds
    And its worker shows it as cancelled too within 5 seconds
    And the other one goes on at its worker
