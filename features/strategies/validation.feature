Feature: Strategies are listed and checked
  A researcher has a strategy checked before hours of training go into it.
  Flow: client -> backend -> strategies folder.

  @category:smoke @milestone:NAM-Ph1 @milestone:API @criterion:D51 @severity:major @id:strategies-listed
  Scenario: The strategies that trainings and backtests ask for are listed
    When I ask which strategies there are
    Then "test_e2e_local_pull" is one of them
    And "neuro_mean_reversion" is one of them
    And "universal_zero_shot_model" is one of them

  @category:integration @milestone:API @criterion:D51 @needs:training-worker @uses:training-worker @severity:major @id:strategy-newest-model
  Scenario: A strategy is listed with the model of its newest training
    Given a completed smoke training
    When I ask which strategies there are
    And I start a smoke training
    Then it completes within 60 seconds
    And its strategy is listed with a newer version than before

  @category:smoke @milestone:NAM-Ph1 @milestone:API @criterion:D51 @severity:major @id:strategy-valid
  Scenario Outline: The strategy <strategy> is valid
    When I have the strategy "<strategy>" validated
    Then it is valid
    And no errors are named
    And the backend is still healthy

    Examples: strategies
      | name  | strategy                  |
      | e2e   | test_e2e_local_pull       |
      | neuro | neuro_mean_reversion      |
      | zero  | universal_zero_shot_model |

  @category:error @milestone:NAM-Ph1 @criterion:D49 @criterion:D50 @severity:major @id:strategy-invalid
  Scenario Outline: A strategy with <fault> is not valid and the issue names it
    When I have the strategy "<strategy>" validated
    Then it is not valid
    And its errors name "<named>"

    Examples: faults
      | name         | fault                           | strategy                   | named        |
      | duplicate    | two indicators of one id        | invalid_duplicate_ids      | rsi_14       |
      | without-sets | an indicator without fuzzy sets | invalid_missing_fuzzy_sets | ema_20       |

  @category:smoke @milestone:NAM-Ph1 @criterion:D50 @severity:minor @id:strategy-warning
  Scenario: A strategy with a fuzzy set that no indicator uses is valid, with a warning that names the set
    When I have the strategy "warning_unused_fuzzy_set" validated
    Then it is valid
    And no errors are named
    And its warnings name "rsi_28"

  @category:error @milestone:NAM-Ph1 @milestone:API @criterion:D51 @severity:minor @id:strategy-unknown
  Scenario: The validation of an unknown strategy is reported as not found
    When I try to have the strategy "nonexistent_strategy_xyz" validated
    Then it is reported as not found
    And the message names "nonexistent_strategy_xyz"
    And the answer shows no stack trace
