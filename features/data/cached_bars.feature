Feature: Cached bars can be read, whole and sound
  A researcher reads the bars that a strategy is trained on, and relies on every one of them.
  Flow: client -> backend -> data folder. Which bars a read asks for, and how many there are, stands in the
  calibration: about 115,000 hourly ones since 2007, about 4,800 daily ones, about 150,000 of 5 minutes for two years.

  @category:smoke @milestone:DAT-Ph2 @criterion:D30 @criterion:S16 @severity:blocker @id:D1.1
  Scenario: The hourly bars are read within 3 seconds, as many as there should be, each of them sound
    When I read the hourly bars
    Then the answer came within 3 seconds
    And they are as many as calibrated, give or take 5 %
    And no weekday from 2010-01-01 to 2025-09-01 is without bars
    And every bar is sound, and none is out of order or listed twice

  @category:smoke @milestone:DAT-Ph2 @criterion:D30 @severity:major @id:data-year
  Scenario: A year of hourly bars is read within 3 seconds, whole, and nothing of other years
    When I read the year bars
    Then the answer came within 3 seconds
    And they are as many as calibrated, give or take 5 %
    And every bar is of the days from 2024-01-01 to 2024-12-31
    And no weekday from 2024-01-02 to 2024-12-31 is without bars
    And every bar is sound, and none is out of order or listed twice

  @category:smoke @milestone:DAT-Ph2 @criterion:D30 @severity:major @id:D1.3
  Scenario: The daily bars are checked when they are read, and each of them is sound
    When I read the daily bars
    Then the answer came within 1 second
    And they are as many as calibrated, give or take 5 %
    And no weekday from 2010-01-01 to 2025-08-01 is without bars
    And every bar is sound, and none is out of order or listed twice

  @category:smoke @milestone:DAT-Ph2 @criterion:D30 @severity:major @id:data-range-respected
  Scenario: A read between two days brings the bars of those days, and no others
    When I read the bars of "EURUSD" at "1h" from 2024-03-04 to 2024-03-08
    Then there are at least 96 bars
    And every bar is of the days from 2024-03-04 to 2024-03-08
    And no weekday from 2024-03-04 to 2024-03-08 is without bars
    And every bar is sound, and none is out of order or listed twice

  @category:integration @milestone:DAT-Ph2 @criterion:D30 @needs:data-folder @uses:data-folder @severity:blocker @id:symbols-told-apart
  Scenario: The bars of one symbol are not taken for those of another
    Given bars of "NZDUSD" at "1h" from 2024-03-04 to 2024-03-08 are cached
    When I read the year bars
    And I read the bars of "NZDUSD" at "1h"
    Then all those cached before are still there
    And every bar is of the days from 2024-03-04 to 2024-03-08
    And every bar is sound, and none is out of order or listed twice

  @category:error @milestone:DAT-Ph2 @criterion:D32 @severity:major @id:data-unknown
  Scenario Outline: A read of <what> brings nothing, and nothing is invented
    When I read the bars of "<symbol>" at "<timeframe>"
    Then there are none
    And the backend is still healthy
    And the hourly bars can still be read

    Examples: what is not cached
      | name      | what                 | symbol | timeframe |
      | symbol    | an unknown symbol    | NOSUCH | 1h        |
      | timeframe | an unknown timeframe | EURUSD | 7x        |

  @category:error @milestone:API @criterion:S10 @severity:minor @id:data-bad-date
  Scenario: A read from a day that is no date is refused and the message names the field
    When I ask for the bars of "EURUSD" at "1d" from "garbage" on
    Then the request is refused as a client error
    And the message names the field "start_date"
    And the answer shows no stack trace

  @category:stress @milestone:DAT-Ph2 @criterion:D30 @criterion:S21 @severity:major @id:data-does-not-stall
  Scenario: Reading a year of hourly bars does not hold up other requests
    When I ask the backend for its health while the year bars are read
    Then even the slowest answer came within 500 ms
    And the backend is still healthy
    And the hourly bars can still be read

  @category:error @milestone:DAT-Ph2 @criterion:D30 @needs:data-folder @uses:data-folder @severity:major @id:data-bad-bar
  Scenario: One inconsistent cached bar does not hide the others
    Given bars of "NZDUSD" at "1d" from 2024-03-04 to 2024-03-15 are cached, one inconsistent
    When I read the bars of "NZDUSD" at "1d"
    Then all those cached before are still there
    And every bar is sound, and none is out of order or listed twice
    And the backend is still healthy
