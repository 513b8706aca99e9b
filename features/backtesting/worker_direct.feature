Feature: A backtest runs where there is a worker for it
  An operator wants to know which worker runs a backtest, and to use a worker without the backend.
  Flow: client -> backend -> backtest worker; client -> backtest worker.

  @category:smoke @milestone:DST-Ph1 @milestone:OPS-M2 @criterion:D6 @criterion:S16 @needs:backtest-worker @needs:worker-registry @needs:training-worker @uses:backtest-worker @severity:major @id:B3.1
  Scenario: A backtest worker runs a backtest without the backend
    Given a completed smoke backtest that was started at a backtest worker
    Then its worker shows its result
    And the result at its worker has return, Sharpe ratio, drawdown, number of trades and win rate
    And the backend does not know it

  @category:integration @milestone:OPS-M3 @milestone:OPS-M2 @criterion:S13 @criterion:D6 @needs:backtest-worker @needs:worker-registry @needs:training-worker @needs:logs @uses:backtest-worker @severity:major @id:B3.2
  Scenario: The backend passes a backtest on to a worker, which answers for it under the same id
    Given a completed smoke backtest
    Then the worker that has it is one of those listed for a backtest
    And its worker knows it under the same id
    And the log of the backend shows the remote proxy of the backtest
    And the log of the backend shows no bridge of it
    And the log of its worker shows its bridge

  @category:smoke @milestone:DST-Ph1 @criterion:S4 @criterion:D15 @needs:backtest-worker @needs:worker-registry @severity:major @id:S4
  Scenario: A backtest worker is listed as what it is and says how it is
    When I ask a backtest worker for its health
    Then it says that it is healthy and operational
    And it calls itself "backtesting-worker"
    And a backtest worker is listed with its kind, its address and its state
    And no worker is listed twice
    And the answer came within 1 second
