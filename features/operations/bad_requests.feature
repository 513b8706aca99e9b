Feature: Whatever is asked for with something wrong is refused, and KTRDR goes on working
  A client that sends nonsense wants to be told which field is wrong; nobody wants work to start from it.
  Flow: client -> backend, training worker, backtest worker, training host or IB host.

  @category:error @milestone:API @criterion:S10 @criterion:D52 @criterion:S16 @severity:major @id:bad-training
  Scenario Outline: A training whose <field> is <flaw> is refused and the message names the field
    When I ask for a training whose "<field>" is <flaw>
    Then the request is refused as a client error
    And the message names the field "<field>"
    And the answer shows no stack trace
    And nothing has been started by it
    And the backend is still healthy

    Examples: trainings
      | name                | field         | flaw          |
      | symbols-missing     | symbols       | missing       |
      | symbols-empty       | symbols       | empty         |
      | symbols-blank       | symbols       | blank         |
      | symbols-no-list     | symbols       | not a list    |
      | timeframes-missing  | timeframes    | missing       |
      | timeframes-empty    | timeframes    | empty         |
      | timeframes-no-list  | timeframes    | not a list    |
      | strategy-missing    | strategy_name | missing       |
      | strategy-number     | strategy_name | a number      |
      | start-no-date       | start_date    | not a date    |
      | end-no-date         | end_date      | not a date    |
      | end-before-start | end_date | before the start |

  @category:error @milestone:API @criterion:S10 @criterion:D53 @criterion:S16 @severity:major @id:bad-backtest
  Scenario Outline: A backtest whose <field> is <flaw> is refused and the message names the field
    When I ask for a backtest whose "<field>" is <flaw>
    Then the request is refused as a client error
    And the message names the field "<field>"
    And the answer shows no stack trace
    And nothing has been started by it
    And the backend is still healthy

    Examples: backtests
      | name              | field           | flaw          |
      | strategy-missing  | strategy_name   | missing       |
      | strategy-empty    | strategy_name   | empty         |
      | symbol-missing    | symbol          | missing       |
      | symbol-empty      | symbol          | empty         |
      | symbol-list       | symbol          | a list        |
      | timeframe-missing | timeframe       | missing       |
      | start-missing     | start_date      | missing       |
      | start-no-date     | start_date      | not a date    |
      | end-no-date       | end_date        | not a date    |
      | end-before-start | end_date | before the start |
      | capital-zero      | initial_capital | zero          |
      | capital-negative  | initial_capital | below zero    |
      | capital-no-number | initial_capital | not a number  |

  @category:error @milestone:API @criterion:S10 @criterion:S16 @severity:major @id:bad-download
  Scenario Outline: A download whose <field> is <flaw> is refused and the message names the field
    When I ask for a download whose "<field>" is <flaw>
    Then the request is refused as a client error
    And the message names the field "<field>"
    And the answer shows no stack trace
    And nothing has been started by it
    And the backend is still healthy

    Examples: downloads
      | name              | field      | flaw          |
      | symbol-missing    | symbol     | missing       |
      | symbol-list       | symbol     | a list        |
      | timeframe-missing | timeframe  | missing       |
      | timeframe-unknown | timeframe  | unknown       |
      | mode-unknown      | mode       | unknown       |
      | mode-number       | mode       | a number      |
      | start-no-date     | start_date | not a date    |
      | end-no-date       | end_date   | not a date    |
      | end-before-start | end_date | before the start |

  @category:error @milestone:API @criterion:S10 @needs:training-worker @needs:worker-registry @needs:backtest-worker @severity:minor @id:bad-at-a-worker
  Scenario Outline: A <way> whose <field> is <flaw> is refused and the message names the field
    When I ask for a <way> whose "<field>" is <flaw>
    Then the request is refused as a client error
    And the message names the field "<field>"
    And the answer shows no stack trace
    And nothing has been started by it
    And the backend is still healthy

    Examples: directly at a worker
      | name                       | way                    | field         | flaw       |
      | training-strategy-missing  | training at its worker | strategy_yaml | missing    |
      | training-symbols-no-list   | training at its worker | symbols       | not a list |
      | training-start-no-date     | training at its worker | start_date    | not a date |
      | backtest-strategy-missing  | backtest at its worker | strategy_name | missing    |
      | backtest-symbol-list       | backtest at its worker | symbol        | a list     |
      | backtest-start-no-date     | backtest at its worker | start_date    | not a date |
      | backtest-timeframe-missing | backtest at its worker | timeframe     | missing    |

  @category:error @milestone:API @criterion:S10 @needs:training-host @severity:minor @id:bad-at-the-training-host
  Scenario Outline: A training at the training host whose <field> is <flaw> is refused and the message names the field
    When I ask for a training at the training host whose "<field>" is <flaw>
    Then the request is refused as a client error
    And the message names the field "<field>"
    And the answer shows no stack trace
    And nothing has been started by it

    Examples: at the training host
      | name             | field         | flaw       |
      | strategy-missing | strategy_yaml | missing    |
      | symbols-no-list  | symbols       | not a list |
      | start-no-date    | start_date    | not a date |

  @category:error @milestone:API @criterion:S10 @needs:ib-host @severity:minor @id:bad-at-the-ib-host
  Scenario Outline: A request for IB's bars whose <field> is <flaw> is refused and the message names the field
    When I ask the IB host for bars whose "<field>" is <flaw>
    Then the request is refused as a client error
    And the message names the field "<field>"
    And the answer shows no stack trace

    Examples: at the IB host
      | name              | field     | flaw       |
      | symbol-missing    | symbol    | missing    |
      | timeframe-missing | timeframe | missing    |
      | start-no-date     | start     | not a date |
      | end-missing       | end       | missing    |

  @category:error @milestone:API @criterion:S10 @needs:training-worker @needs:backtest-worker @uses:training-worker @uses:backtest-worker @severity:major @id:S10
  Scenario Outline: A <kind> request of nonsense is refused, and a new <kind> can start
    When I ask for a <kind> with nonsense
    Then the request is refused as a client error
    And the message names the field "<field>"
    And the answer shows no stack trace
    And nothing has been started by it
    And a new <kind> can start

    Examples: kinds of work
      | name     | kind     | field   |
      | training | training | symbols |
      | backtest | backtest | symbol  |

  @category:error @milestone:API @criterion:S10 @severity:major @id:nonsense-download
  Scenario: A download request of nonsense is refused and KTRDR goes on working
    When I ask for a download with nonsense
    Then the request is refused as a client error
    And the message names the field "symbol"
    And the answer shows no stack trace
    And nothing has been started by it
    And the backend is still healthy

  @category:error @milestone:API @criterion:S10 @criterion:S15 @severity:minor @id:bad-list
  Scenario Outline: A list of operations by <filter> is refused and the message names the field
    When I try to list the operations by <filter>
    Then the request is refused as a client error
    And the message names the field "<field>"
    And the answer shows no stack trace
    And the backend is still healthy

    Examples: filters
      | name            | filter          | field          |
      | status-unknown  | status nonsense | status         |
      | type-unknown    | type nonsense   | operation_type |
      | limit-zero      | a limit of 0    | limit          |
      | limit-too-large | a limit of 1001 | limit          |
      | offset-negative | an offset of -1 | offset         |
