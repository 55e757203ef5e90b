#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <saddle/problem/classifier.hpp>
#include <saddle/saddle.hpp>
#include <saddle/run/checkpoint.hpp>

/// A classifier that was trained: what saddle::features and saddle::posteriors take.
struct trained_classifier {
  saddle::convolutional<float> network;
  std::vector<float> weights;
};

/// Learns samples in so many epochs, with Adam at a falling step size. on_epoch(number, seconds so far, network, weights)
/// after each.
template <class OnEpoch>
trained_classifier train_classifier(saddle::samples const& data, saddle::classifier_options const& options, int epochs,
                                    int threads, OnEpoch const& on_epoch) {
  using namespace saddle;
  classifier<> const problem(data, options);
  std::int64_t const epoch = data.count / (options.batch * options.workers);
  trainer t{problem,
            adam{.step_size = schedule::linear(2e-3, static_cast<double>(epoch * epochs), 1e-4)},
            identity{},
            parameter_server<>{},
            loopback{options.workers},
            cpu{threads}};
  auto const w = [&] { return t.weights(0).min; };
  for (int e = 1; e <= epochs; ++e) {
    t.run(epoch);
    on_epoch(e, t.report().seconds, problem.network(), w());
  }
  return {problem.network(), {w().begin(), w().end()}};
}

inline void add(saddle::checkpoint_writer& out, trained_classifier const& c) {
  auto const& [rows, columns, channels] = c.network.input();
  out.add(std::string("classifier"));
  for (int const n : {rows, columns, channels, c.network.kernel()}) out.add(n);
  out.add(std::span<int const>(c.network.filters()));
  out.add(std::span<int const>(c.network.dense().widths));
  out.add(std::span<float const>(c.weights));
}
inline void save(trained_classifier const& c, std::string const& path) {
  saddle::checkpoint_writer out(path);
  add(out, c);
  out.commit();
}

/// The rest of a file.
/// errors  saddle::bad_checkpoint that names the file; std::invalid_argument for extents that are no network's
inline trained_classifier read_classifier(saddle::checkpoint_reader& in) {
  if (in.get_text() != "classifier") in.fail("it holds no classifier");
  saddle::sample_shape input;
  for (int* const n : {&input.rows, &input.columns, &input.channels}) *n = in.get<int>();
  int const kernel = in.get<int>();
  auto filters = in.get_all<int>(), widths = in.get_all<int>();
  if (widths.size() < 2) in.fail("its network has no layer");
  trained_classifier c{{input, std::move(filters), kernel, {widths.begin() + 1, widths.end() - 1}, widths.back()},
                       in.get_all<float>()};
  in.expect_end();
  if (c.network.dense().widths != widths || c.network.size() != static_cast<std::int64_t>(c.weights.size()))
    in.fail("its weights are not of its network's size");
  return c;
}
inline trained_classifier load_classifier(std::string const& path) {
  saddle::checkpoint_reader in(path);
  return read_classifier(in);
}
