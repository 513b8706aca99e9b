// One self-contained file: a multi-file report shows nothing when it is opened from disk.
import { existsSync, readFileSync } from "node:fs";

// The run writes its categories beside its results; Allure 3 wants them in its configuration.
const categories = "reports/allure-results/categories.json";

// One report shows one tree: by capability or, as milestones.html, by milestone and criterion.
const tree =
  process.env.REPORT_BY === "milestone"
    ? { groupBy: ["proof"], defaultSortBy: "name,asc" }
    : { groupBy: ["epic", "feature", "story"] };

export default {
  name: "KTRDR acceptance",
  output: "reports/allure-report",
  ...(existsSync(categories) && { categories: JSON.parse(readFileSync(categories, "utf8")) }),
  plugins: {
    awesome: {
      options: {
        singleFile: true,
        reportLanguage: "en",
        ...tree,
      },
    },
  },
};
