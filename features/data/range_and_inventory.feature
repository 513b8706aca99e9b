Feature: KTRDR says which bars it holds
  Whoever plans a training looks first for how far the bars reach.
  Flow: client -> backend -> data folder.

  @category:smoke @milestone:DAT-Ph2 @criterion:D31 @severity:major @id:D1.2
  Scenario: The range of cached bars is told within 100 ms and is that of the bars
    When I ask for the range of "EURUSD" at "1h"
    Then the answer came within 100 ms
    And it begins before it ends
    And it is the range of the bars that can be read

  @category:integration @milestone:DAT-Ph2 @milestone:DAT-Ph4 @criterion:D31 @criterion:D33 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:major @id:range-follows-download
  Scenario: The range of cached bars follows a download that adds to them
    Given bars of "AUDUSD" at "1h" from 2024-02-29 to 2024-03-05 are cached
    When I ask for the range of "AUDUSD" at "1h"
    Then it is the range of the bars that can be read
    When I download "AUDUSD" at "1h" from 2024-03-06 to 2024-03-08
    And I ask for the range of "AUDUSD" at "1h"
    Then it is the range of the bars that can be read
    And it counts as many bars as can be read

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

  @category:integration @milestone:DAT-Ph2 @milestone:DAT-Ph4 @criterion:D30 @criterion:D33 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:major @id:inventory-follows-download
  Scenario: The inventory holds what has just been downloaded, and not before
    Given nothing is cached of what the small download brings
    When I ask what is cached
    Then the inventory does not hold "AAPL" at "1d"
    When I start a small download
    Then it completes within 60 seconds
    When I ask what is cached
    Then the inventory holds "AAPL" at "1d"
    And it counts as many symbols as it lists
