#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/feedback.hpp"
#include "saddle/core/number_text.hpp"
#include "saddle/run/grouping.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a run is, in words and numbers, for reports and checkpoints.
struct run_description {
  std::string optimizer, compressor, compression, topology;  // compression: with what is kept beside it
  saddle::feedback feedback = saddle::feedback::none;
  std::string details{};  // the fields that decide what is sent and kept
};

/// What it is made of. What does not apply is absent.
struct described_policies {
  run_description words{};
  std::string downlink{};  // empty: exact
  std::string of_topology{};
  int estimates = 0, rounds = 0;
  bool combines_first = false;
  std::optional<bool> on_average{}, subtracts_memory{};
  std::optional<double> consensus_step{};
  std::optional<std::int64_t> pairs{}, pairs_down{};  // of compressors that select from all coordinates
};

inline run_description description_of(described_policies p, bucket_layout const& layout) {
  auto const add = [](std::string& to, char const* what, std::string const& value) {
    to += what;
    to += value;
  };
  if (!p.downlink.empty()) add(p.words.topology, "-", p.downlink);
  if (p.combines_first) add(p.words.topology, "-late", {});
  std::string& text = p.words.details;
  add(text, "gradients=", number_text(p.estimates));
  add(text, " rounds=", number_text(p.rounds));
  if (p.words.feedback == feedback::difference) add(text, " differences-by-step-size", {});
  if (p.on_average) add(text, " adapts=", *p.on_average ? "on-average" : "on-worker");
  text += p.of_topology;
  if (p.consensus_step) add(text, " consensus-step=", number_text(*p.consensus_step));
  if (p.subtracts_memory) add(text, " look-ahead-subtracts-memory=", *p.subtracts_memory ? "yes" : "no");
  if (p.pairs) add(text, " kept=", number_text(*p.pairs));
  if (p.pairs_down) add(text, " kept-downlink=", number_text(*p.pairs_down));
  text += grouping_detail(layout);
  return std::move(p.words);
}

SADDLE_NAMESPACE_END
