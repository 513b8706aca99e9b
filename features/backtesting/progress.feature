Feature: A running backtest shows how far it is
  Whoever waits for a backtest decides by its progress whether to go on waiting.
  Flow: client -> backend -> backtest worker.

  @category:progress @milestone:BTA-Ph2 @criterion:S8 @criterion:D28 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:blocker @id:B1.2
  Scenario: A backtest goes through the bars of its range, one reading after the other
    Given KTRDR is ready for a progress backtest
    When I start a progress backtest
    And I follow it until it completes within 120 seconds
    Then I have seen at least 5 different percentages
    And at least one of them was between 10 % and 90 %
    And I have seen a step that names "EURUSD"
    And it ended at 100 %

  @category:progress @milestone:BTA-Ph2 @criterion:D28 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:backtest-counts-bars
  Scenario: A backtest counts the bars that it has gone through
    Given a progress backtest that I have followed to its end
    Then its number of processed items never went down
    And I have seen at least 5 different numbers of processed items
    And its processed items came to the calibrated number of bars, give or take 5 %
    And it ended at 100 %

  @category:progress @milestone:OPS-M1 @criterion:S8 @criterion:D2 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:B2.2
  Scenario: The progress of a backtest never goes down
    Given a progress backtest that I have followed to its end
    Then I have seen at least 5 different percentages
    And its percentage never went down
    And its number of processed items never went down

  @category:progress @milestone:OPS-M3 @criterion:D7 @needs:backtest-worker @needs:worker-registry @needs:training-worker @uses:backtest-worker @severity:major @id:B3.3
  Scenario: The backend is never ahead of the worker of a backtest, and both end at 100 %
    Given a running progress backtest
    Then its worker knows it under the same id
    And the backend is never ahead of its worker
    And its worker shows it as completed too
    And it ended at 100 %

  @category:progress @milestone:OPS-M3 @criterion:D7 @needs:backtest-worker @needs:worker-registry @needs:training-worker @uses:backtest-worker @severity:major @id:end-is-shown-soon
  Scenario: The backend shows the end of a backtest soon, also to whoever has just looked at it
    Given a running progress backtest
    When I look at it again and again until its worker has come to its end
    Then it completes within 2 seconds
