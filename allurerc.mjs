// One self-contained file: a multi-file report shows nothing when it is opened from disk.
export default {
  name: "KTRDR acceptance",
  output: "reports/allure-report",
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
