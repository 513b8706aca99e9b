Feature: A backtest that cannot work fails with a reason
  Whoever backtests the wrong thing wants to read at the backend what was wrong, and KTRDR to go on working.
  Flow: client -> backend -> backtest worker.

  @category:error @milestone:API @criterion:S10 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:B4.1
  Scenario: A backtest with an unknown strategy fails within 30 seconds and its reason names the strategy
    Given KTRDR is ready for a smoke backtest
    When I start a smoke backtest with the unknown strategy "nonexistent_strategy_xyz"
    Then it fails within 30 seconds
    And the backend states a reason that names "nonexistent_strategy_xyz"
    And the reason is stated in plain words
    And a new backtest can start

  @category:error @milestone:API @criterion:S29 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:B4.2
  Scenario: A backtest without bars fails within 30 seconds and its reason names the symbol
    Given KTRDR is ready for a smoke backtest
    When I start a smoke backtest on the unknown symbol "INVALID_SYMBOL_XYZ"
    Then it fails within 30 seconds
    And the backend states a reason that names "INVALID_SYMBOL_XYZ"
    And the reason is stated in plain words
    And a new backtest can start

  @category:error @milestone:API @criterion:S29 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:B4.3
  Scenario: A backtest of an unknown model fails within 30 seconds and its reason names the model
    Given KTRDR is ready for a smoke backtest
    When I start a smoke backtest of the unknown model "models/nonexistent_model/invalid_v99/model.pt"
    Then it fails within 30 seconds
    And the backend states a reason that names "models/nonexistent_model/invalid_v99"
    And the reason is stated in plain words
    And a new backtest can start
