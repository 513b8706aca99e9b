Feature: KTRDR says which bars it holds
  Whoever plans a training looks first for how far the bars reach.
  Flow: client -> backend -> data folder.

  @category:smoke @milestone:DAT-Ph2 @criterion:D31 @severity:major @id:D1.2
  Scenario: The range of cached bars is told within 100 ms and is that of the bars
    When I ask for the range of "EURUSD" at "1h"
    Then the answer came within 100 ms
    And it begins before it ends
    And it is the range of the bars that can be read

  @category:error @milestone:DAT-Ph2 @criterion:D32 @severity:minor @id:data-range-unknown
  Scenario: The range of what is not cached is reported as not found
    When I ask for the range of the uncached "NOSUCH" at "1h"
    Then it is reported as not found
    And the message names "NOSUCH"
    And the answer shows no stack trace

  @category:smoke @milestone:DAT-Ph2 @criterion:D30 @severity:major @id:D1.4
  Scenario: The inventory is told within 500 ms and holds EURUSD with its timeframes
    When I ask what is cached
    Then the answer came within 500 ms
    And it counts as many symbols as it lists
    And the inventory holds "EURUSD" at "1h"
    And the inventory holds "EURUSD" at "1d"
