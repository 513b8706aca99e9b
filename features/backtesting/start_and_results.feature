Feature: A backtest runs to its end and shows its result
  A researcher backtests a trained strategy and reads how it would have done.
  Flow: client -> backend -> backtest worker. The smoke backtest goes through one year of daily bars, the short one
  through two days of 5-minute bars; the calibration has the details.

  @category:smoke @milestone:DST-Ph1 @criterion:S7 @criterion:D16 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:blocker @id:B1.1
  Scenario: A smoke backtest completes and its result can be read at the backend
    Given KTRDR is ready for a smoke backtest
    When I start a smoke backtest
    Then it completes within 60 seconds
    And the backend shows its result
    And the result at the backend has return, Sharpe ratio, drawdown, number of trades and win rate
    And the result at the backend is that of its worker

  @category:smoke @milestone:BTA-Ph2 @criterion:S7 @criterion:S6 @criterion:S16 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:blocker @id:backtest-is-known-at-once
  Scenario: A started backtest is known at once under the id that the start gave
    Given KTRDR is ready for a progress backtest
    When I start a progress backtest
    Then the backend knows it within 1 second as a backtest that has not ended
    And its worker knows it under the same id

  @category:smoke @milestone:BTA-Ph2 @criterion:S7 @criterion:S6 @criterion:S16 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:blocker @id:B2.1
  Scenario: A backtest that has completed is found in the list
    Given KTRDR is ready for a short backtest
    When I start a short backtest
    Then it completes within 60 seconds
    And it ended at 100 %
    When I list the operations by type backtesting
    Then the backtest is among them
    And every one of them is a backtest

  @category:integration @milestone:BTA-Ph2 @criterion:S7 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:backtest-result-sanity
  Scenario: The figures of a completed backtest are there and do not contradict each other
    Given a completed smoke backtest
    Then its worker shows its result
    And the result at its worker has return, Sharpe ratio, drawdown, number of trades and win rate
    And the figures at its worker do not contradict each other
    And its equity curve has a value for each of the calibrated number of bars, give or take 5 %
    And its result is of the symbol and the timeframe that were asked for

  @category:integration @milestone:BTA-Ph2 @criterion:S7 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:minor @id:backtest-end-time
  Scenario: A completed backtest states at the backend when it ended
    Given a completed smoke backtest
    Then the backend states when it ended
    And it ended after it began

  @category:integration @milestone:BPR-M3 @criterion:D46 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:backtest-repeats-itself
  Scenario: The same backtest gives the same figures again
    Given a completed smoke backtest
    Then its worker shows its result
    And the same backtest gives the same figures again

  @category:integration @milestone:API @milestone:BTA-Ph2 @criterion:S16 @criterion:S7 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:backtest-commission
  Scenario: The result of a backtest repeats the commission that it was asked for
    Given KTRDR is ready for a smoke backtest
    When I start a smoke backtest with a commission of 2 %
    Then it completes within 60 seconds
    And the result at its worker repeats a commission of 2 %

  @category:integration @milestone:BTA-Ph2 @criterion:S7 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:backtest-commission-costs
  Scenario: A higher commission costs a backtest return
    Given a completed smoke backtest
    When I start a smoke backtest with a commission of 2 %
    Then it completes within 60 seconds
    And it returned less than the one before it
