Feature: Bars are downloaded from IB into the cache
  A researcher who lacks bars has them fetched, and finds them in the cache ever after.
  Flow: client -> backend -> IB host -> IB gateway. The small download brings one year of daily bars of a stock (about
  250), the long one a year of hourly bars of a currency (about 6,240); the calibration has the details.

  @category:integration @milestone:DAT-Ph4 @criterion:D33 @criterion:S16 @criterion:S6 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:blocker @id:D3.1
  Scenario: A small download completes and its bars can be read from the cache
    Given nothing is cached of what the small download brings
    When I start a small download
    Then it completes within 60 seconds
    And its result counts the calibrated number of bars, give or take 5 %
    And its result is of the symbol and the timeframe that were asked for
    When I read what it brought
    Then they are as many as calibrated, give or take 5 %
    And every bar is sound, and none is out of order or listed twice

  @category:progress @milestone:DAT-Ph4 @criterion:S8 @criterion:S17 @criterion:D33 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:major @id:D3.2
  Scenario: A long download shows its segments on the way to completion
    Given nothing is cached of what the long download brings
    When I start a long download
    And I follow it until it completes within 180 seconds
    Then I have seen at least 5 different percentages
    And at least one of them was between 10 % and 90 %
    And I have seen a step that names "Segment"
    And its percentage never went down
    And it ended at 100 %

  @category:integration @milestone:DAT-Ph4 @criterion:D33 @criterion:S17 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:major @id:download-without-gaps
  Scenario: A long download leaves no weekday out
    Given nothing is cached of what the long download brings
    When I start a long download
    Then it completes within 180 seconds
    When I read what it brought
    Then they are as many as calibrated, give or take 5 %
    And no weekday from 2024-01-02 to 2024-12-31 is without bars
    And every bar is of the days from 2024-01-01 to 2024-12-31

  @category:integration @milestone:DAT-Ph4 @criterion:D33 @criterion:S13 @criterion:S20 @needs:ib-gateway @needs:data-folder @needs:logs @uses:data-folder @severity:major @id:D3.3
  Scenario: Downloaded bars are saved, and are read from the cache within 1 second
    Given nothing is cached of what the small download brings
    When I start a small download
    Then it completes within 60 seconds
    And the log of the backend shows that its bars were saved
    When I read what it brought
    Then the answer came within 1 second
    And they are as many as calibrated, give or take 5 %

  @category:integration @milestone:DAT-Ph4 @criterion:D34 @criterion:S23 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:major @id:download-cache-hit
  Scenario: What is cached is not fetched again
    Given nothing is cached of what the small download brings
    When I start a small download
    Then it completes within 60 seconds
    When I start the same download again
    Then it completes within 60 seconds
    And its result says that nothing had to be fetched
    When I read what it brought
    Then they are as many as calibrated, give or take 5 %

  @category:integration @milestone:DAT-Ph4 @criterion:D33 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:blocker @id:download-keeps-cached-bars
  Scenario: Bars that were cached before a download are still there after it
    Given bars of "AUDUSD" at "1h" from 2024-01-08 to 2024-01-12 are cached
    When I download "AUDUSD" at "1h" from 2024-03-04 to 2024-03-08
    And I read the bars of "AUDUSD" at "1h"
    Then all those cached before are still there
    And no weekday from 2024-03-04 to 2024-03-08 is without bars
    And there are at least 216 bars
    And every bar is sound, and none is out of order or listed twice
    And its result counts as many bars as it added

  @category:integration @milestone:DAT-Ph4 @criterion:D33 @criterion:S21 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:blocker @id:downloads-told-apart
  Scenario: What two downloads bring at the same time is not mixed up
    Given nothing is cached of what the small download brings
    And nothing is cached of what the long download brings
    And a running long download that has come to 50 % or more
    When I start a small download
    Then it completes within 60 seconds
    When I read what it brought
    Then they are as many as calibrated, give or take 5 %
    And every bar is sound, and none is out of order or listed twice

  @category:integration @milestone:API @criterion:S18 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:major @id:download-without-mode
  Scenario: A download without a mode takes the newest bars, as documented
    Given nothing is cached of what the small download brings
    When I start a small download without a mode
    Then it completes within 60 seconds
    And its result says the mode "tail"

  @category:integration @milestone:API @criterion:S16 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:major @id:download-mode
  Scenario Outline: A download in mode <mode> is carried out in that mode
    Given nothing is cached of what the small download brings
    When I start a small download in the mode "<mode>"
    Then it completes within 60 seconds
    And its result says the mode "<mode>"

    Examples: modes
      | name     | mode     |
      | backfill | backfill |
      | full     | full     |

  @category:cancellation @milestone:DAT-Ph4 @criterion:S9 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:major @id:download-cancel
  Scenario: A cancelled download stops and stays cancelled
    Given nothing is cached of what the long download brings
    And a running long download that has come to 30 % or more
    When I cancel it
    Then it is cancelled within 10 seconds
    And it is still cancelled when it would have ended by itself
    And its progress has stood still since

  @category:cancellation @milestone:DAT-Ph4 @criterion:S9 @criterion:D33 @needs:ib-gateway @needs:data-folder @uses:data-folder @severity:blocker @id:download-cancel-keeps-cached-bars
  Scenario: Bars that were cached before a cancelled download are still there after it
    Given bars of "AUDUSD" at "1h" from 2023-12-04 to 2023-12-08 are cached
    And a running long download that has come to 30 % or more
    When I cancel it
    Then it is cancelled within 10 seconds
    And all those cached before can still be read
