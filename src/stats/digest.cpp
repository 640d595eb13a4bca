// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "podsim/base/error.h"

namespace podsim::stats {

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  const int done = EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
  PODSIM_CHECK(done == 1, "libcrypto gives no SHA-256 of {} bytes", text.size());
  std::string digits;
  for (unsigned int i = 0; i < size; ++i) digits += fmt::format("{:02x}", bytes[i]);
  return digits;
}

}  // namespace podsim::stats
