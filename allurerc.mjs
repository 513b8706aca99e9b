// One self-contained file: a multi-file report shows nothing when it is opened from disk.
import { existsSync, readFileSync } from "node:fs";

// The run writes its categories beside its results; Allure 3 wants them in its configuration.
const categories = "reports/allure-results/categories.json";

export default {
  name: "KTRDR acceptance",
  output: "reports/allure-report",
  ...(existsSync(categories) && { categories: JSON.parse(readFileSync(categories, "utf8")) }),
  plugins: {
    awesome: {
      options: {
        singleFile: true,
        reportLanguage: "en",
        groupBy: ["epic", "feature", "story"],
      },
    },
  },
};
