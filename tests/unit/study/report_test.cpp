// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/study/report.h"

#include <gmock/gmock.h>

#include "study/report_words.h"
#include "unit/study/support.h"

namespace podsim::study {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// One of each verdict.
std::vector<Result> one_of_each() {
  std::vector<Result> results = {result_of("within", 100, 105), result_of("missed", 100, 150),
                                 result_of("explained", 100, 50), result_of("failed", 100, 0),
                                 result_of("shown", 100, 300)};
  results[0].calibrated = true;
  results[1].verdict = Verdict::Missed;
  results[2].verdict = Verdict::Explained;
  results[2].why = "the cost of a|flag is <missing> & unknown";
  results[3].verdict = Verdict::Failed;
  results[3].value.reset();
  results[3].failure = "exit code 2: \"x\" \x1b[1m\xff";
  results[4].verdict = Verdict::Shown;
  results[4].tolerance.reset();
  return results;
}

TEST(Report, FiguresHaveFiveDigitsAndNoExponent) {
  EXPECT_EQ(figure_text(759363.98), "759,364");
  EXPECT_EQ(figure_text(12541.22), "12,541");
  EXPECT_EQ(figure_text(3563.14), "3,563.1");
  EXPECT_EQ(figure_text(1.96), "1.96");
  EXPECT_EQ(figure_text(100.0), "100");
  EXPECT_EQ(figure_text(0.045312), "0.045312");
  EXPECT_EQ(figure_text(0.0), "0");
  EXPECT_EQ(percent_text(-0.1241), "-12.4 %");
}

TEST(Report, TheConsoleSaysEveryCaseAndWhatItCameTo) {
  const std::string text = console_report(one_of_each());
  EXPECT_THAT(text, HasSubstr("+50.0 %  predicted  MISSED"));
  EXPECT_THAT(text, HasSubstr("+5.0 %  calibrated ok"));
  EXPECT_THAT(text, HasSubstr("why: the cost of a|flag"));
  EXPECT_THAT(text, HasSubstr("exit code 2"));
  EXPECT_THAT(text, HasSubstr("predicted: 2 cases, mean absolute error 50.0 %, worst +50.0 % (missed)"));
  EXPECT_THAT(text, HasSubstr("1 within tolerance, 1 missed, 1 missed with a reason, 1 failed, 1 shown"));
}

TEST(Report, TheConsoleNamesAWrongBusiestPipe) {
  Result result = result_of("a", 100, 105);
  result.expected_pipe = PipeName::AicMac;
  result.pipe = PipeName::AicMte2;
  EXPECT_THAT(console_report({result}), AllOf(HasSubstr("busiest aic_mte2, measured aic_mac"),
                                              HasSubstr("busiest pipe: right in 0 of 1")));
  result.pipe = PipeName::AicMac;
  EXPECT_THAT(console_report({result}), Not(HasSubstr("busiest aic_mac, measured")));
}

TEST(Report, MarkdownCellsKeepTheTableWhole) {
  const std::string text = markdown_report(one_of_each());
  EXPECT_THAT(text, HasSubstr("| missed |  | 100 us | 150 us | +50.0 % | predicted | MISSED |"));
  EXPECT_THAT(text, HasSubstr("- `explained`: the cost of a\\|flag"));
  EXPECT_THAT(text, HasSubstr("- `failed` failed: exit code 2"));
  EXPECT_EQ(text, markdown_report(one_of_each()));
}

TEST(Report, ThePageBeginsWithALinePerFamilyAndEndsWithTheNotes) {
  Result calibrated = result_of("b", 100, 90);
  calibrated.calibrated = true;
  Result other = result_of("c", 100, 120);
  other.family = "other";
  const std::string family = calibrated.family;
  const std::string text =
      markdown_report({result_of("a", 100, 105), calibrated, other}, "## Notes\n\nWhy.\n");
  EXPECT_THAT(text, HasSubstr("| " + family + " | 1: 5.0 %, worst +5.0 % | 1: 10.0 %, worst -10.0 % |  |\n"));
  EXPECT_THAT(text, HasSubstr("| other | 1: 20.0 %, worst +20.0 % |  |  |\n"));
  EXPECT_THAT(text, testing::EndsWith("\n## Notes\n\nWhy.\n"));
}

TEST(Report, JUnitHasASuitePerFamilyWithItsCounts) {
  std::vector<Result> results = one_of_each();
  results[0].family = "other";
  results[0].wall_s = 1.5;
  const std::string text = junit_report(results);
  EXPECT_THAT(text, HasSubstr("<testsuites name=\"podsim validate\" tests=\"5\" failures=\"1\" errors=\"1\" "
                              "skipped=\"1\">"));
  EXPECT_THAT(text,
              HasSubstr("<testsuite name=\"other\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">"));
  EXPECT_THAT(text, HasSubstr("name=\"within\" time=\"1.500\">"));
  EXPECT_THAT(text,
              HasSubstr("<failure message=\"task_duration_us is 150 us, measured 100: +50.0 %, tolerance "
                        "10.0 % (predicted)\"/>"));
  EXPECT_THAT(text, HasSubstr("a|flag is &lt;missing&gt; &amp; unknown"));
  EXPECT_THAT(text, HasSubstr("<error message=\"exit code 2: &quot;x&quot; ?[1m?\"/>"));
}

TEST(Report, XmlTextHasOnlyWhatXmlKnows) {
  EXPECT_EQ(xml_text("a<b>&\"c\"\n"), "a&lt;b&gt;&amp;&quot;c&quot;&#10;");
  EXPECT_EQ(xml_text("\x01\x7f"), "?\x7f");
  EXPECT_EQ(xml_text("\xce\xbcs \xe2\x82\xac \xf0\x9f\x98\x80"), "\xce\xbcs \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(xml_text("\xc0\xaf"), "??");       // overlong
  EXPECT_EQ(xml_text("\xed\xa0\x80"), "???");  // a surrogate
  EXPECT_EQ(xml_text("\xef\xbf\xbf"), "???");  // no character
  EXPECT_EQ(xml_text("\xe2\x82"), "??");       // cut short
}

}  // namespace
}  // namespace podsim::study
