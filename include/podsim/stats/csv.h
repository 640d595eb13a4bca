// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

#include "podsim/base/error.h"
#include "podsim/stats/catalogue.h"
#include "podsim/units/units.h"

namespace podsim::stats {

// A text as one CSV field (RFC 4180): in quotes when it holds a comma, a quote, a line break or outer blanks.
std::string csv_field(std::string_view text);

// Writes a table with declared columns; lines end with "\n". The heading is written at once.
class CsvWriter {
 public:
  CsvWriter(std::ostream& out, Span<const Column> columns);

  // One row: integers, doubles (shortest round trip), strings, bools (0 or 1), or a quantity (its count).
  // As many cells as there are columns; anything else is a bug of ours.
  template <class... Cells>
  void row(const Cells&... cells) {
    PODSIM_CHECK(sizeof...(cells) == columns_, "{} cells for {} columns", sizeof...(cells), columns_);
    std::size_t index = 0;
    (write(index++, cell_text(cells)), ...);
    out_ << '\n';
  }

 private:
  template <class T>
  static std::string cell_text(const T& cell) {
    if constexpr (std::is_same_v<T, bool>) {
      return cell ? "1" : "0";
    } else if constexpr (std::is_integral_v<T>) {
      return std::to_string(cell);
    } else if constexpr (std::is_floating_point_v<T>) {
      return double_text(static_cast<double>(cell));
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
      return csv_field(cell);
    } else {
      return std::to_string(cell.count());
    }
  }
  static std::string double_text(double value);
  void write(std::size_t index, const std::string& text);

  std::ostream& out_;
  std::size_t columns_;
};

}  // namespace podsim::stats
