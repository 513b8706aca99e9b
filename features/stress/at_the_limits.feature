Feature: KTRDR holds at its limits
  A team that works on one KTRDR asks for the longest ranges and for several things at once.
  Flow: client -> backend -> workers.

  @category:stress @milestone:API @criterion:S21 @needs:training-worker @uses:training-worker @severity:major @id:stress-widest-range
  Scenario: A training over all hourly bars since 2007 completes
    Given KTRDR is ready for a widest training
    When I start a widest training
    Then it completes within 180 seconds
    And its worker shows its result
    And the result at its worker counts 115,000 samples, give or take 5 %

  @category:stress @milestone:DAT-Ph2 @criterion:S21 @criterion:D30 @severity:major @id:stress-large-volume
  Scenario: Two years of 5-minute bars are read within 6 seconds, each of them sound
    When I read the 5-minute bars
    Then the answer came within 6 seconds
    And they are as many as calibrated, give or take 5 %
    And every bar is sound, and none is out of order or listed twice
    And the backend is still healthy

  @category:stress @milestone:DST-Ph2 @milestone:DST-Ph3 @criterion:S21 @criterion:D17 @criterion:D21 @needs:backtest-worker @needs:worker-registry @needs:training-worker @uses:backtest-worker @severity:major @id:stress-at-once
  Scenario: Of five backtests asked for at once each worker takes one, and the rest are refused
    Given KTRDR is ready for a progress backtest
    When I start 5 progress backtests at the same moment
    Then as many backtests are accepted as there are workers
    And the others are refused because no worker is free
    And each that was accepted runs at a worker of its own
    And each that was accepted completes
    And a new backtest can start
