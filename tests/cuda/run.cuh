#pragma once
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/atomic_min.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/worker_arrays.hpp"
#include "saddle/exec/cpu.hpp"
#include "saddle/exec/cuda.cuh"
#include "saddle/exec/device_vector.cuh"
#include "saddle/optimizer/concept.hpp"
#include "saddle/step/adapt.hpp"
#include "saddle/step/alone.hpp"
#include "saddle/step/apply.hpp"
#include "saddle/step/average.hpp"
#include "saddle/step/encode.hpp"
#include "saddle/step/relay.hpp"
#include "saddle/step/restore.hpp"

/// A few steps of a combination on given arrays: the same bodies on the CPU and on the device.
///
/// All arrays, and the tables of pointers to them, lie in one piece of memory: a copy of it, with its tables
/// made for where the copy lies, runs there.
template <class T, class O, class C, class Scheme, class Down, int Bucket>
class given_run {
  using Up = saddle::wire_compressor<C>;
  using Downlink = saddle::wire_compressor<Down>;
  using Rule = saddle::rule_of<O, T>;
  using Applied = saddle::applying_rule<Scheme, Rule>;
  using Encoding = saddle::encoding_rule<Scheme, Rule>;
  static constexpr bool relays = !saddle::is_exact<Downlink>, mixes_copies = Scheme::copies && !Scheme::averages;
  static constexpr int workers = 3, steps = 3, most_moments = 2 * steps;
  static constexpr int targets = Scheme::averages ? 1 : workers;  // of an apply
  static constexpr int points = Scheme::shares_weights ? 1 : workers;
  static constexpr int optimizers = Scheme::on_average ? 1 : workers;

  struct tables {
    saddle::step_context<T, Rule> context[most_moments];
    Applied rule[most_moments];
    Encoding encodes_by[most_moments];
    saddle::incoming<T> skipping;
    saddle::worker_arrays<T> arrays[most_moments][workers];
    saddle::message_planes up[workers], copies[workers], down;
    saddle::term<T> terms[targets][workers], whole;
    saddle::incoming<T> sent_up, received[targets];
  };
  struct moment {
    std::int64_t step;
    int k;
    saddle::phase what;
  };
  /// Arrays of one kind, one after the other.
  struct arrays {
    char const* name;
    std::int64_t begin, each;
    template <class U = T>
    U* at(std::byte* base, int m) const {
      return reinterpret_cast<U*>(base + begin + m * each);
    }
  };

 public:
  given_run(O const& optimizer, saddle::players sizes) : optimizer_(optimizer), layout_{sizes, Bucket} {
    for (std::int64_t t = 1; t <= steps; ++t)
      for (int k = 0; k < saddle::phases_of(optimizer_); ++k)
        moments_.push_back({t, k, saddle::phase_of(optimizer_, k)});
    int const moments = static_cast<int>(moments_.size());
    std::int64_t const n = static_cast<std::int64_t>(sizeof(T)) * layout_.padded();
    w_ = take("w", n, points);
    h_ = take("h", n, workers);
    memory_ = take("memory", n, workers);
    copy_ = take("copies", n * saddle::planes_of<typename Scheme::template copy<T>, T>, workers);
    anchor_ = take("anchor", n, 1);
    sum_ = take("sum", n, 1);
    state_ = take("state", n * saddle::state_planes<Rule, T>, optimizers);
    average_ = take("average", n, 1);
    server_memory_ = take("the server's memory", n, 1);
    gradient_ = take("gradient", n, moments * workers);
    up_ = take("messages", saddle::planes_bytes<Up, T>(layout_), workers);
    down_ = take("the server's message", saddle::planes_bytes<Downlink, T>(layout_), 1);
    non_finite_ = take("coordinates that are not finite", (workers + 1) * sizeof(std::int64_t), 1);
    table_ = take("tables", sizeof(tables), 1);

    // Numbers of all sizes, some zeros, many ties, and one coordinate that is not finite.
    start_.resize(static_cast<std::size_t>(size_));
    saddle::random_sequence draw({.seed = 5, .bucket = static_cast<std::uint64_t>(layout_.padded())});
    auto const fill = [&](arrays const& a, int m, double size) {
      for (int p = 0; p < 2; ++p)
        for (std::int64_t i = 0; i < sizes.of(p); ++i)
          a.at(start_.data(), m)[layout_.begin_of(p) + i] =
              static_cast<T>(i % 7 == 3    ? size
                             : i % 11 == 5 ? 0
                                           : size * draw.normal());
    };
    for (int m = 0; m < points; ++m) fill(w_, m, 1);
    fill(anchor_, 0, 1);
    for (int m = 0; m < workers; ++m) {
      std::memcpy(h_.at(start_.data(), m), w_.at(start_.data(), m % points), static_cast<std::size_t>(n));
      if (Scheme::memory) fill(memory_, m, 0.01);
    }
    for (int j = 0; j < moments * workers; ++j) fill(gradient_, j, 0.1);
    gradient_.at(start_.data(), workers + 1)[sizes.min / 2] = std::numeric_limits<T>::infinity();
    for (int m = 0; m <= workers; ++m)
      non_finite_.template at<std::int64_t>(start_.data(), 0)[m] = saddle::no_coordinate;
  }

  /// Empty where the device's run leaves what the CPU's run leaves, to the bit; else the array and the byte.
  std::string difference() const {
    saddle::aligned_vector<std::byte> here = start_, back = start_;
    make_tables(here.data(), here.data());
    saddle::cpu::engine cpu(saddle::cpu{.threads = 2});
    run(cpu, here.data());

    saddle::device_vector<std::byte> there(start_.size());
    std::byte* const base = saddle::pointer_to(there);
    make_tables(back.data(), base);
    thrust::copy(back.begin(), back.end(), there.begin());
    saddle::cuda::engine cuda(saddle::cuda{});
    run(cuda, base);
    saddle::cuda_check(cudaDeviceSynchronize());
    thrust::copy(there.begin(), there.end(), back.begin());

    std::string why = "nothing was done";
    for (arrays const& a : all_) {
      if (a.begin == table_.begin) break;  // its pointers differ
      for (std::int64_t i = a.begin; i < a.begin + a.each * copies_of(a); ++i) {
        auto const b = static_cast<std::size_t>(i);
        if (here[b] != back[b]) return std::string(a.name) + " from byte " + std::to_string(i - a.begin);
        if (here[b] != start_[b]) why.clear();
      }
    }
    return why;
  }

 private:
  arrays take(char const* name, std::int64_t bytes, int copies) {
    arrays const a{name, size_, saddle::round_up(bytes, 64)};
    size_ += copies * a.each;
    all_.push_back(a);
    return a;
  }
  std::int64_t copies_of(arrays const& a) const {
    if (a.each == 0) return 0;
    for (arrays const& next : all_)
      if (next.begin > a.begin) return (next.begin - a.begin) / a.each;
    return 1;
  }

  /// Writes the tables of the copy at `copy`, which will be used at `base`.
  void make_tables(std::byte* copy, std::byte* base) const {
    tables& t = *new (table_.template at<tables>(copy, 0)) tables{};
    tables* const there = table_.template at<tables>(base, 0);
    t.skipping.skips = true;
    for (std::size_t j = 0; j < moments_.size(); ++j) {
      moment const& now = moments_[j];
      saddle::step_context<T, Rule>& c = t.context[j];
      c.rule = optimizer_.template at<T>(now.step, now.k);
      c.seed = 9;
      c.exchange = j;
      c.lo[0] = T(-2), c.hi[0] = T(2), c.lo[1] = T(-2.5), c.hi[1] = T(1.5);
      c.consensus_step = T(0.3);
      c.keep = T(0.9);
      c.moves = c.last = true;
      c.commits = now.what.commits;
      c.subtract_memory = Scheme::memory;
      if constexpr (std::is_same_v<Applied, Rule>) t.rule[j] = c.rule;
      if constexpr (!std::is_same_v<Encoding, saddle::absent_rule>) t.encodes_by[j] = saddle::stepping_of(c.rule);
      for (int m = 0; m < workers; ++m) {
        saddle::worker_arrays<T>& own = t.arrays[j][m];
        own.w = w_.at(base, m % points);
        own.h = h_.at(base, m);
        own.gradient[0] = own.gradient[1] = gradient_.at(base, static_cast<int>(j) * workers + m);
        own.memory = memory_.at(base, m);
        own.copy = copy_.at(base, m);
        own.anchor = anchor_.at(base, 0);
        own.sum = sum_.at(base, 0);
        own.state = state_.at(base, m % optimizers);
        own.plane = layout_.padded();
      }
    }
    for (int m = 0; m < workers; ++m) {
      t.up[m] = saddle::planes_at<Up, T>(layout_, up_.template at<std::byte>(base, m));
      t.copies[m].begin[0] = copy_.template at<std::byte>(base, m);
    }
    t.down = saddle::planes_at<Downlink, T>(layout_, down_.template at<std::byte>(base, 0));
    t.whole = {0, T(1)};
    for (int target = 0; target < targets; ++target) {
      for (int m = 0; m < workers; ++m) {
        double const own = m == target ? 1 : 0, mixed = m == target ? 0.5 : 0.25;
        double const weight = Scheme::averages ? 1.0 / workers
                              : Scheme::memory ? 0.3 * (mixed - own)
                                               : mixed;
        t.terms[target][m] = {m, static_cast<T>(weight)};
      }
      t.received[target] = saddle::incoming<T>{mixes_copies ? there->copies : there->up, there->terms[target], workers};
    }
    t.sent_up = saddle::incoming<T>{there->up, there->terms[0], workers};
    if (relays) t.received[0] = saddle::incoming<T>{&there->down, &there->whole, 1, workers};
  }

  template <class Engine>
  void run(Engine& engine, std::byte* base) const {
    tables* const t = table_.template at<tables>(base, 0);
    std::int64_t* const non_finite = non_finite_.template at<std::int64_t>(base, 0);
    auto const launch = [&](auto const& body, int rows, int player) {
      engine.run(body, rows, player == 1 ? layout_.first_bucket(1) : 0,
                 player == 0 ? layout_.first_bucket(1) : layout_.buckets());
    };
    if constexpr (Scheme::anchors)  // first a step without a round
      for (std::size_t j = 0; j < moments_.size() && moments_[j].step == 1; ++j)
        if (moments_[j].what.commits)
          launch(saddle::step_alone_body<T, Rule, Bucket>{layout_, &t->context[j], t->arrays[j], non_finite}, workers,
                 moments_[j].what.player);
    for (std::size_t j = 0; j < moments_.size(); ++j) {
      saddle::phase const what = moments_[j].what;
      auto const* const context = &t->context[j];
      auto const* const all = t->arrays[j];
      if (!what.exchanges) {
        launch(saddle::adapt_body<Scheme, T, Rule, Bucket>{layout_, context, all, non_finite}, workers,
               what.player);
        continue;
      }
      launch(saddle::encode_body<Scheme, Up, T, Encoding, Bucket>{Up{}, layout_, context, &t->encodes_by[j], all, t->up,
                                                                  non_finite, 0},
             workers, what.player);
      if constexpr (relays)
        launch(
            saddle::relay_body<saddle::has_memory<Down>, Up, Downlink, T, Bucket>{
                Up{}, Downlink{}, layout_, context, &t->sent_up, server_memory_.at(base, 0),
                saddle::planes_at<Downlink, T>(layout_, down_.template at<std::byte>(base, 0)),
                non_finite + workers, workers},
            1, what.player);
      using decoder =
          std::conditional_t<mixes_copies, saddle::identity, std::conditional_t<relays, Downlink, Up>>;
      launch(
          saddle::apply_body<Scheme, decoder, T, Applied, Bucket>{
              decoder{}, layout_, context, &t->rule[j], all, workers / targets, t->received,
              non_finite + (Scheme::on_average ? workers : 0)},
          targets, what.player);
      launch(saddle::average_body<T, Bucket>{layout_, context, average_.at(base, 0), w_.at(base, 0)}, 1,
             saddle::phase::both);
    }
    if constexpr (Scheme::averages && saddle::has_memory<C>)
      launch(saddle::restore_body<Scheme, Up, T, Bucket>{Up{}, layout_, &t->context[0], &t->skipping, t->arrays[0],
                                                         t->up, 0},
             workers, saddle::phase::both);
  }

  O optimizer_;
  saddle::bucket_layout layout_;
  std::vector<moment> moments_;
  std::vector<arrays> all_;
  std::int64_t size_ = 0;
  arrays w_, h_, memory_, copy_, anchor_, sum_, state_, average_, server_memory_, gradient_, up_, down_, non_finite_,
      table_;
  saddle::aligned_vector<std::byte> start_;
};
