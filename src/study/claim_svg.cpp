// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "podsim/study/claim_map.h"
#include "podsim/study/report.h"
#include "study/claim_words.h"

namespace podsim::study {
namespace {

constexpr double kCellWidth = 72.0;
constexpr double kCellHeight = 34.0;
constexpr double kLeft = 96.0;    // of a panel: labels of the rows
constexpr double kBelow = 54.0;   // of a panel: labels of the columns
constexpr double kTitle = 30.0;   // of a panel, above it
constexpr double kMargin = 16.0;  // round the whole
constexpr double kLegend = 64.0;  // its height
constexpr double kLine = 17.0;    // of the caption
constexpr std::size_t kPanelsInARow = 2;
constexpr double kLeastWidth = 640.0;  // the caption needs it
constexpr double kLetterWidth = 6.4;   // of the caption's font, on average
constexpr double kLogFrom = 10.0;      // largest over smallest figure from which colours are logarithmic
constexpr double kBrightness = 0.5;    // of a cell from which its text is dark

using Colour = std::array<double, 3>;

// cividis (Nunez, Anderton, Renslow 2018) at equal steps.
constexpr std::array<Colour, 9> kCividis = {{{0, 34, 78},
                                             {18, 53, 112},
                                             {59, 73, 108},
                                             {87, 93, 109},
                                             {112, 113, 115},
                                             {138, 134, 120},
                                             {165, 156, 116},
                                             {195, 179, 105},
                                             {254, 232, 56}}};

Colour cividis(double share) {
  const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(kCividis.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(at), kCividis.size() - 2);
  const double part = at - static_cast<double>(below);
  Colour colour{};
  for (std::size_t i = 0; i < colour.size(); ++i)
    colour[i] = kCividis[below][i] * (1.0 - part) + kCividis[below + 1][i] * part;
  return colour;
}

std::string hex(const Colour& colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", static_cast<int>(std::lround(colour[0])),
                     static_cast<int>(std::lround(colour[1])), static_cast<int>(std::lround(colour[2])));
}

const char* ink_on(const Colour& colour) {
  const double bright = (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255.0;
  return bright > kBrightness ? "#101010" : "#ffffff";
}

// From figures to colours.
class Scale {
 public:
  explicit Scale(const ClaimResult& result) : low_(*result.smallest()), high_(*result.largest()) {
    logarithmic_ = low_ > 0.0 && high_ / low_ >= kLogFrom;
  }
  double share(double figure) const {
    if (high_ <= low_) return 0.5;
    return logarithmic_ ? std::log(figure / low_) / std::log(high_ / low_) : (figure - low_) / (high_ - low_);
  }
  double low() const { return low_; }
  double high() const { return high_; }
  bool logarithmic() const { return logarithmic_; }

 private:
  double low_;
  double high_;
  bool logarithmic_ = false;
};

std::string text_at(double x, double y, const char* anchor, const std::string& text, const char* extra = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, extra,
                     xml_text(text));
}

// One panel: the first two axes, at one point of the others.
class Panel {
 public:
  Panel(const ClaimResult& result, const Scale& scale, std::size_t first, double left, double top)
      : result_(result),
        scale_(scale),
        first_(first),
        left_(left + kLeft),
        top_(top + kTitle),
        columns_(result.grid.axes()[0].size()),
        rows_(result.grid.axes()[1].size()) {}

  std::string svg() const {
    std::string text = text_at(left_, top_ - 10.0, "start", title(), " font-weight=\"bold\"");
    for (std::size_t row = 0; row < rows_; ++row)
      for (std::size_t column = 0; column < columns_; ++column) text += cell(column, row);
    return text + labels() + outline();
  }

 private:
  const ClaimPoint& point(std::size_t column, std::size_t row) const {
    return result_.points[first_ + row * columns_ + column];
  }
  double x(std::size_t column) const { return left_ + kCellWidth * static_cast<double>(column); }
  double y(std::size_t row) const {
    return top_ + kCellHeight * static_cast<double>(rows_ - row);
  }  // upwards

  std::string title() const {
    const std::vector<std::size_t> at = result_.grid.at(first_);
    std::string text;
    for (std::size_t i = 2; i < at.size(); ++i)
      text += fmt::format("{}{} {}", i > 2 ? ", " : "", result_.grid.axes()[i].name,
                          result_.grid.axes()[i].label(at[i]));
    return text;
  }

  std::string cell(std::size_t column, std::size_t row) const {
    const ClaimPoint& one = point(column, row);
    const Colour colour = one.figure ? cividis(scale_.share(*one.figure)) : Colour{128, 128, 128};
    const std::string said = one.figure ? claim_figure_text(result_.claim, *one.figure) : "-";
    const std::string ink = fmt::format(" style=\"fill:{}\"", ink_on(colour));
    return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n",
                       x(column), y(row) - kCellHeight, kCellWidth, kCellHeight, hex(colour)) +
           text_at(x(column) + kCellWidth / 2, y(row) - kCellHeight / 2 + 4.0, "middle", said, ink.c_str());
  }

  std::string labels() const {
    const ClaimAxis& across = result_.grid.axes()[0];
    const ClaimAxis& up = result_.grid.axes()[1];
    std::string text;
    for (std::size_t i = 0; i < columns_; ++i)
      text += text_at(x(i) + kCellWidth / 2, y(0) + 16.0, "middle", across.label(i));
    for (std::size_t i = 0; i < rows_; ++i)
      text += text_at(left_ - 8.0, y(i) - kCellHeight / 2 + 4.0, "end", up.label(i));
    const double middle = (y(0) + y(rows_)) / 2;
    text += text_at((x(0) + x(columns_)) / 2, y(0) + 36.0, "middle", across.name);
    const std::string turned = fmt::format(" transform=\"rotate(-90 {:.1f} {:.1f})\"", left_ - 78.0, middle);
    return text + text_at(left_ - 78.0, middle, "middle", up.name, turned.c_str());
  }

  bool inside(std::size_t column, std::size_t row) const {
    return column < columns_ && row < rows_ && point(column, row).inside;  // below zero wraps round
  }

  // Edges between points that the claim covers and others.
  std::string outline() const {
    std::string path;
    const auto edge = [&path](double x1, double y1, double x2, double y2) {
      path += fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", x1, y1, x2, y2);
    };
    for (std::size_t row = 0; row < rows_; ++row) {
      for (std::size_t column = 0; column < columns_; ++column) {
        if (!inside(column, row)) continue;
        const double x1 = x(column), x2 = x(column + 1), y1 = y(row), y2 = y(row + 1);
        if (!inside(column - 1, row)) edge(x1, y1, x1, y2);
        if (!inside(column + 1, row)) edge(x2, y1, x2, y2);
        if (!inside(column, row - 1)) edge(x1, y1, x2, y1);
        if (!inside(column, row + 1)) edge(x1, y2, x2, y2);
      }
    }
    if (path.empty()) return "";
    return fmt::format(
        "<path class=\"band\" d=\"{0}\" stroke=\"#ffffff\" stroke-width=\"7\"/>\n"
        "<path class=\"band\" d=\"{0}\" stroke=\"#000000\" stroke-width=\"3\"/>\n",
        path);
  }

  const ClaimResult& result_;
  const Scale& scale_;
  std::size_t first_;
  double left_;
  double top_;
  std::size_t columns_;
  std::size_t rows_;
};

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    at = end + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + text;
  return list;
}

std::vector<std::string> caption(const ClaimResult& result, double width) {
  const Claim& claim = result.claim;
  const auto covered = std::count_if(result.points.begin(), result.points.end(),
                                     [](const ClaimPoint& point) { return point.inside; });
  std::vector<std::string> lines;
  const auto add = [&lines, width](const std::string& text) {
    for (std::string& line : wrapped(text, static_cast<std::size_t>(width / kLetterWidth)))
      lines.push_back(std::move(line));
  };
  add(fmt::format("Outlined: the claimed range, {}; it covers {} of {} points.", claim.stated_text(), covered,
                  result.points.size()));
  add(fmt::format("Claim: {} ({}, {})", claim.statement, claim.who, claim.source));
  if (!claim.assumed_conditions.empty()) add("Assumed: " + claim.assumed_conditions);
  add(fmt::format("Figure: {}. Simulated by podsim, fabric at fidelity {}.", claim.figure,
                  joined(result.fidelities)));
  return lines;
}

std::string legend(const ClaimResult& result, const Scale& scale, double left, double top) {
  constexpr std::size_t kSteps = 40;
  constexpr double kWidth = 320.0;
  constexpr double kHeight = 14.0;
  std::string text;
  for (std::size_t i = 0; i < kSteps; ++i) {
    const double share = (static_cast<double>(i) + 0.5) / kSteps;
    text += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n",
                        left + kWidth * static_cast<double>(i) / kSteps, top, kWidth / kSteps + 0.5, kHeight,
                        hex(cividis(share)));
  }
  const Claim& claim = result.claim;
  const std::string unit = claim.unit.empty() ? "" : " " + claim.unit;
  text += text_at(left, top + kHeight + 16.0, "start", claim_figure_text(claim, scale.low()) + unit);
  text += text_at(left + kWidth, top + kHeight + 16.0, "end", claim_figure_text(claim, scale.high()) + unit);
  return text + text_at(left + kWidth + 16.0, top + 12.0, "start",
                        scale.logarithmic() ? "simulated, logarithmic" : "simulated");
}

std::string frame(double width, double height, const std::string& id, const std::string& content) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" role=\"img\">\n<title>{2}</title>\n"
      "<style>\ntext {{ font: 12px sans-serif; fill: #1a1a1a; }}\n.ground {{ fill: #ffffff; }}\n"
      ".band {{ fill: none; stroke-linecap: square; }}\n"
      "@media (prefers-color-scheme: dark) {{\n  text {{ fill: #e6e6e6; }}\n  .ground {{ fill: #16181c; "
      "}}\n}}\n"
      "</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n{3}</svg>\n",
      width, height, xml_text(id), content);
}

}  // namespace

std::string map_svg(const ClaimResult& result) {
  const Scale scale(result);
  const auto& axes = result.grid.axes();
  const std::size_t in_panel = axes[0].size() * axes[1].size();
  const std::size_t panels = result.points.size() / in_panel;
  const double panel_width = kLeft + kCellWidth * static_cast<double>(axes[0].size()) + kMargin;
  const double panel_height = kTitle + kCellHeight * static_cast<double>(axes[1].size()) + kBelow;
  const std::size_t across = std::min(panels, kPanelsInARow);
  const double width = std::max(kLeastWidth, 2 * kMargin + panel_width * static_cast<double>(across));
  double top = kMargin + 8.0;
  std::string content =
      text_at(kMargin, top + 8.0, "start", result.claim.id, " style=\"font-size:16px;font-weight:bold\"");
  top += 16.0;
  for (std::size_t i = 0; i < panels; ++i) {
    const double left = kMargin + panel_width * static_cast<double>(i % across);
    const double row_top = top + panel_height * static_cast<double>(i / across);
    content += Panel(result, scale, i * in_panel, left, row_top).svg();
  }
  top += panel_height * static_cast<double>((panels + across - 1) / across) + 8.0;
  content += legend(result, scale, kMargin, top);
  top += kLegend;
  for (const std::string& line : caption(result, width - 2 * kMargin)) {
    content += text_at(kMargin, top, "start", line);
    top += kLine;
  }
  return frame(width, top + kMargin, result.claim.id, content);
}

}  // namespace podsim::study
