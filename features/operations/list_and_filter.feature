Feature: The list of operations shows what was asked for
  An operator looks for what runs now and for what became of yesterday's work.
  Flow: client -> backend. A backtest and a failed training are there too, for the filters to leave out.

  @category:smoke @milestone:API @criterion:S15 @needs:training-worker @needs:backtest-worker @uses:training-worker @uses:backtest-worker @severity:major @id:1.4
  Scenario Outline: The list filtered by <filter> holds a completed training and nothing else
    Given there are more than 10 operations
    And a completed short backtest
    And a completed smoke training
    And a failed training as well
    When I list the operations by <filter>
    Then the training is among them
    And every one of them is <kind>
    And the list counts as many as there are

    Examples: filters
      | name      | filter                             | kind                 |
      | completed | status completed                   | completed            |
      | training  | type training                      | a training           |
      | both      | status completed and type training | a completed training |

  @category:smoke @milestone:API @criterion:S15 @needs:training-worker @uses:training-worker @severity:major @id:list-failed
  Scenario: The list of what has failed holds a failed training and nothing else
    Given a completed smoke training
    And a failed training
    When I list the operations by status failed
    Then the training is among them
    And every one of them is failed
    And the list counts as many as there are

  @category:smoke @milestone:API @criterion:S15 @needs:training-worker @uses:training-worker @severity:minor @id:list-limit
  Scenario: The list limited to 5 shows 5 operations, the newest among them
    Given there are more than 5 operations
    And a completed smoke training
    When I list the operations by a limit of 5
    Then the training is among them
    And there are exactly 5 of them
    And the list counts as many as there are

  @category:smoke @milestone:API @criterion:S15 @needs:training-worker @uses:training-worker @severity:major @id:list-running
  Scenario: The list of running operations holds a training while it runs and not after its end
    Given a running long training
    When I list the operations by status running and a limit of 10
    Then the training is among them
    And every one of them is running
    And there are at most 10 of them
    And once it has completed, within 120 seconds, it is no longer among them

  @category:smoke @milestone:MCP-Ph2 @criterion:D13 @needs:training-worker @uses:training-worker @severity:minor @id:list-default-page
  Scenario: Without a limit the list shows the 10 newest operations and counts all
    Given there are more than 10 operations
    When I list the operations by no filter
    Then there are exactly 10 of them
    And they are the newest ones, newest first
    And the list counts as many as there are

  @category:smoke @milestone:MCP-Ph2 @criterion:D13 @needs:training-worker @uses:training-worker @severity:minor @id:list-second-page
  Scenario: The second page of the list goes on where the first ended
    Given there are more than 10 operations
    When I list the operations by a limit of 5 and an offset of 5
    Then there are exactly 5 of them
    And they are the newest ones after the first 5, newest first
    And the list counts as many as there are

  @category:smoke @milestone:API @criterion:S15 @needs:training-worker @uses:training-worker @severity:major @id:list-active
  Scenario: The list of what is active holds nothing that has ended, and every list counts what is active
    Given a completed smoke training
    And a running long training
    When I list the operations by what is active
    Then the training is among them
    And every one of them is active
    When I list the operations by status completed
    Then the list counts as many active ones as there are
