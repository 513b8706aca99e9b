Feature: The logs tell what became of an operation and of a request
  An operator who has only an id finds with it in the logs who did the work, how it ended and what went wrong.
  Flow: client -> backend -> worker; each service writes a log of its own.

  @category:integration @milestone:API @criterion:S11 @criterion:S13 @needs:training-worker @needs:worker-registry @needs:logs @uses:training-worker @severity:major @id:logs-of-a-training
  Scenario: Both logs tell a training from its dispatch to its completion, by its id
    Given a completed smoke training
    Then the log of the backend shows the remote proxy of the training
    And the log of its worker shows its bridge
    And the log of its worker shows its completion
    And the log of the backend shows its completion

  @category:integration @milestone:OPS-M1 @criterion:D5 @criterion:S12 @criterion:S14 @needs:training-worker @needs:worker-registry @needs:logs @uses:training-worker @severity:major @id:logs-without-errors
  Scenario: A training that completes leaves no error in a log
    Given a completed smoke training
    Then the log of the backend shows no error of it
    And the log of its worker shows no error of it

  @category:integration @milestone:API @criterion:S12 @criterion:S13 @criterion:S14 @needs:backtest-worker @needs:worker-registry @needs:logs @uses:backtest-worker @severity:major @id:logs-of-a-backtest
  Scenario: A backtest that completes is told in both logs and leaves no error there
    Given a completed smoke backtest
    Then the log of the backend shows the remote proxy of the backtest
    And the log of its worker shows its bridge
    And the log of the backend shows no error of it
    And the log of its worker shows no error of it

  @category:cancellation @milestone:OPS-M1 @criterion:D5 @criterion:S12 @criterion:S14 @needs:training-worker @needs:worker-registry @needs:logs @uses:training-worker @severity:major @id:logs-of-a-cancel
  Scenario: A cancelled training is told in both logs, its stop at the worker, and leaves no error there
    Given a running long training that has come to 30 % or more
    When I cancel it
    Then it is cancelled within 10 seconds
    And it is still cancelled, at the backend and at its worker, when it would have ended by itself
    And the log of the backend shows its cancellation
    And the log of its worker shows its stop
    And the log of the backend shows no error of it
    And the log of its worker shows no error of it

  @category:cancellation @milestone:API @criterion:S11 @needs:training-worker @needs:worker-registry @needs:logs @uses:training-worker @severity:minor @id:logs-cancel-is-no-completion
  Scenario: No log says that a cancelled training completed
    Given a running long training that has come to 50 % or more
    When I cancel it
    Then it is cancelled within 10 seconds
    And it is still cancelled, at the backend and at its worker, when it would have ended by itself
    And the log of its worker shows no completion of it
    And the log of the backend shows no completion of it

  @category:error @milestone:API @criterion:S11 @needs:training-worker @needs:worker-registry @needs:logs @uses:training-worker @severity:major @id:logs-of-a-failure
  Scenario: A training that fails leaves its reason in the log of its worker, and no completion in any
    Given KTRDR is ready for a smoke training
    When I start a smoke training on the unknown symbol "NOSUCH"
    Then it fails within 60 seconds
    And the log of its worker shows an error of it that names "NOSUCH"
    And the log of its worker shows no completion of it
    And the log of the backend shows no completion of it

  @category:error @milestone:API @criterion:S10 @criterion:S12 @needs:logs @severity:major @id:logs-of-a-refusal
  Scenario: A refused request leaves one error in the log of the backend and no stack trace
    When I ask for a training with the unknown strategy "nonexistent_strategy_xyz"
    Then the request is refused as a client error
    And the log of the backend shows the beginning and the end of the request, by its id
    And the log of the backend shows at most 1 error of the request
    And the log of the backend shows no stack trace of the request

  @category:integration @milestone:API @criterion:S11 @needs:logs @severity:minor @id:logs-request-id
  Scenario: The id that a client gives its request stands in the log of the backend
    Given the log of the backend can be read
    When I make a request with an id of its own
    Then the log of the backend shows the beginning and the end of the request, by its id
    And the log of the backend shows no stack trace of the request

  @category:error @milestone:API @criterion:S11 @needs:logs @severity:minor @id:logs-no-password
  Scenario: A password that a client sends by mistake does not stand in the log of the backend
    Given the log of the backend can be read
    When I make a request with a password in it
    Then the log of the backend shows the beginning and the end of the request, by its id
    And the log of the backend does not show the password
