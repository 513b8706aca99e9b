Feature: Trainings and backtests are started and watched by KTRDR's own command
  A researcher works at a terminal, and their scripts go by what the command says in the end.
  Flow: KTRDR's command -> backend -> training worker or backtest worker.

  @category:smoke @milestone:CLR-M2 @criterion:S7 @needs:cli @needs:training-worker @uses:training-worker @severity:major @id:cli-train
  Scenario: A command that watches a training succeeds with it
    Given KTRDR is ready for a smoke training
    When I start a smoke training by KTRDR's command and watch it there
    Then KTRDR's command succeeds within 60 seconds
    And it is still completed
    And its details name its symbol and its strategy

  @category:smoke @milestone:CLR-M2 @criterion:S7 @needs:cli @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:cli-backtest
  Scenario: A command that watches a backtest succeeds with it
    Given KTRDR is ready for a smoke backtest
    When I start a smoke backtest by KTRDR's command and watch it there
    Then KTRDR's command succeeds within 60 seconds
    And it is still completed

  @category:integration @milestone:CLR-M2 @criterion:S6 @needs:cli @needs:training-worker @uses:training-worker @severity:major @id:cli-known-at-once
  Scenario: What was started by the command is known to the backend while it runs
    Given KTRDR is ready for a long training
    When I start a long training by KTRDR's command
    Then the backend knows it within 5 seconds as a training that has not ended
    And its details name its symbol and its strategy
    And its worker knows it under the same id

  @category:error @milestone:CLR-M2 @criterion:S7 @needs:cli @needs:training-worker @uses:training-worker @severity:major @id:cli-failed-training
  Scenario: A command that watches a training fails with it
    Given KTRDR is ready for a smoke training
    When I start a smoke training on the unknown symbol "NOSUCH" by KTRDR's command and watch it
    Then KTRDR's command says within 60 seconds that it has failed
    And it fails within 5 seconds

  @category:error @milestone:CLR-M2 @criterion:S10 @needs:cli @needs:training-worker @severity:major @id:cli-refused
  Scenario: A refused start is a failure of the command, which says why
    When I ask KTRDR's command for a training with the unknown strategy "no_such_strategy"
    Then KTRDR's command says within 30 seconds that it has failed
    And the message names "no_such_strategy"
    And the answer shows no stack trace
    And no training has been started

  @category:cancellation @milestone:CLR-M2 @criterion:S9 @needs:cli @needs:training-worker @uses:training-worker @severity:major @id:cli-ctrl-c
  Scenario: Ctrl+C cancels the training that the command watches
    Given a running long training that I watch by KTRDR's command
    Then KTRDR's command still watches it
    When I press Ctrl+C there
    Then KTRDR's command says within 10 seconds that it has failed
    And it is cancelled within 5 seconds
    And it is still cancelled, at the backend and at its worker, when it would have ended by itself
    And its worker is free within 30 seconds

  @category:smoke @milestone:CLR-M2 @criterion:S6 @needs:scriptable-cli @needs:training-worker @uses:training-worker @severity:major @id:cli-named-at-once
  Scenario: The command names what it has started within 2 seconds, so that a program can read it
    Given KTRDR is ready for a long training
    When I start a long training by KTRDR's command
    Then KTRDR's command has named it within 2 seconds
    And a program can read its id, its kind and that it has started
    And the backend knows it within 2 seconds as a training that has not ended

  @category:progress @milestone:CLR-M2 @criterion:S8 @needs:scriptable-cli @needs:training-worker @uses:training-worker @severity:minor @id:cli-follow
  Scenario: A command that follows a training which runs already ends with it
    Given a running long training
    When I follow it by KTRDR's command
    Then KTRDR's command succeeds within 120 seconds
    And it is still completed

  @category:smoke @milestone:CLR-M1 @criterion:S6 @needs:scriptable-cli @severity:minor @id:cli-help
  Scenario: The command says what it can do within half a second
    When I ask KTRDR's command for its help
    Then KTRDR's command succeeds within 10 seconds
    And the answer came within 0.5 seconds
