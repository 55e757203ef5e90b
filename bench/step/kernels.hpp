#pragma once
// The kernels of a step that send and receive, and the server's between them, for the combinations of the papers.
// `of_copy` counts what a combination must move: each array read once and written once, messages included, over the
// rate of a copy on the same device in the same run. A look-ahead is a kernel of its own, and counts with what is received.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "saddle/run/instruction.hpp"
#include "saddle/run/plan.hpp"
#include "saddle/saddle.hpp"

/// The instructions of a combination's step, as a trainer launches them.
///
/// A Device has: make_engine(); coordinates(); copy_rate(); allocate(bytes) of zeros; put(values, n) for a copy of
/// the host's values that kernels can read; fill(p, floats on the host, n); run(state, f), which times f.
template <class Device, class O, class C, class Tp>
class kernel_bench {
  using engine = typename Device::engine;
  using policies = saddle::policies<float, O, C, Tp>;
  using instruction = saddle::instruction<float, engine>;
  using arguments = saddle::launch_arguments<float, engine>;
  using Up = saddle::wire_compressor<C>;

 public:
  explicit kernel_bench(int messages)
      : messages_(messages),
        layout_{{device_.coordinates() / 2, device_.coordinates() / 2}, policies::bucket} {
    saddle::random_sequence random({.use = saddle::purpose::evaluation});
    for (float& g : some_) g = static_cast<float>(random.uniform() - 0.5);
    struct table {
      saddle::message_planes planes[8];
      saddle::term<float> terms[8];
    } t{};
    for (int j = 0; j < messages; ++j) {
      t.planes[j] = message<Up>();
      t.terms[j] = {j, 1.0f / static_cast<float>(messages)};
    }
    table* const at = device_.put(&t, 1);
    saddle::incoming<float> const sources{at->planes, at->terms, messages};
    arguments_.layout = layout_;
    arguments_.on_host = &layout_;
    arguments_.part = {0, layout_.buckets()};
    arguments_.rows = 1;
    arguments_.absent = arguments_.skips = device_.put("", 1);  // nobody
    arguments_.sources = device_.put(&sources, 1);
    arguments_.messages = at->planes;
    arguments_.non_finite = device_.put(&saddle::no_coordinate, 1);
    bool received = false;
    for (instruction const& one : saddle::compiled_step<policies, engine, false, saddle::step_of<policies>>) {
      if (one.holds != nullptr && !one.holds(&run_, 2)) continue;
      if (one.what == saddle::action::send) send_ = bound(one);
      if (one.what == saddle::action::receive) receives_.push_back(bound(one)), received = true;
      if (one.what == saddle::action::local && received) receives_.push_back(bound(one));  // the look-ahead
    }
  }

  void encode(benchmark::State& state) {
    device_.run(state, [&] { encode_to(0); });
    auto uses = send_.uses;
    uses.insert(uses.end(), send_.code->exchange->kept.begin(), send_.code->exchange->kept.end());
    report(state, passes(uses), 1);
  }
  void apply(benchmark::State& state) {
    for (int j = 0; j < messages_; ++j) encode_to(j);
    device_.run(state, [&] {
      for (launched const& one : receives_) one.code->launch(engine_, one.how);
    });
    std::vector<saddle::array_use> uses;
    for (launched const& one : receives_) uses.insert(uses.end(), one.uses.begin(), one.uses.end());
    report(state, passes(uses), messages_);
  }
  /// The server's kernel: the same compressor down as up, and a memory of the server's own.
  void relay(benchmark::State& state) {
    for (int j = 0; j < messages_; ++j) encode_to(j);
    auto const& exchange = *send_.code->exchange;
    arguments a = send_.how;
    a.downlink = &saddle::unwrapped(run_.exchange().downlink);
    a.server_memory = array_of("w.server");
    a.server_message = message<Up>();
    a.server = static_cast<std::uint32_t>(messages_);
    device_.run(state, [&] { exchange.relay(engine_, a); });
    // The memory, both ways; what came up and what goes down.
    report(state, 2, messages_ + 1);
  }

 private:
  struct launched {
    instruction const* code = nullptr;
    arguments how{};
    std::vector<saddle::array_use> uses{};
  };
  launched bound(instruction const& code) {
    launched one{&code, arguments_, {code.uses.begin(), code.uses.end()}};
    std::vector<std::byte> data(code.data_bytes);
    code.make(&run_, {.step = 2}, {.seed = 1}, data.data());
    one.how.now = reinterpret_cast<saddle::exchange_facts const*>(device_.put(data.data(), data.size()));
    one.how.table = rows_of(code.uses);
    if (code.exchange != nullptr) {
      one.how.compressor = &saddle::unwrapped(run_.compressor);
      one.how.kept = rows_of(code.exchange->kept);
      one.how.otherwise = rows_of(code.exchange->otherwise);
    }
    return one;
  }
  saddle::array_row<float> const* rows_of(std::span<saddle::array_use const> uses) {
    std::vector<float*> arrays{nullptr};
    for (saddle::array_use const& use : uses) arrays.insert(arrays.end() - 1, array_of(use.in("w")));
    float* const* const at = device_.put(arrays.data(), arrays.size());
    saddle::array_row<float> const row{{at, at}, nullptr, 0};
    return device_.put(&row, 1);
  }
  float* array_of(std::string const& name) {
    float*& at = arrays_[name];
    if (at != nullptr) return at;
    std::int64_t const d = layout_.padded();
    at = static_cast<float*>(device_.allocate(d * static_cast<std::int64_t>(sizeof(float))));
    auto const n = static_cast<std::int64_t>(some_.size());
    if (name == "g")
      for (std::int64_t i = 0; i < d; i += n) device_.fill(at + i, some_.data(), std::min(n, d - i));
    return at;
  }
  template <class D>
  saddle::message_planes message() {
    return saddle::planes_at<D, float>(
        layout_, static_cast<std::byte*>(device_.allocate(saddle::planes_bytes<D, float>(layout_))));
  }
  void encode_to(int j) {
    arguments a = send_.how;
    a.messages += j;
    send_.code->launch(engine_, a);
  }

  /// Each array that is read before it is written, and each that is written, once.
  static double passes(std::vector<saddle::array_use> const& uses) {
    std::map<std::string, std::pair<bool, bool>> arrays;  // read, written
    for (saddle::array_use const& use : uses) {
      auto& [read, written] = arrays[use.in("w")];
      read |= use.loaded && !written;
      written |= use.stored;
    }
    double n = 0;
    for (auto const& [name, a] : arrays) n += a.first + a.second;
    return n;
  }
  void report(benchmark::State& state, double arrays, int messages) {
    double const bytes = arrays * sizeof(float) * static_cast<double>(device_.coordinates()) +
                         messages * static_cast<double>(saddle::planes_bytes<Up, float>(layout_));
    double const moved = static_cast<double>(state.iterations()) * bytes;
    state.counters["B/s"] = {moved, benchmark::Counter::kIsRate};
    state.counters["of_copy"] = {moved / device_.copy_rate(), benchmark::Counter::kIsRate};
    state.counters["bytes/coordinate"] = bytes / static_cast<double>(device_.coordinates());
  }

  Device device_;
  int messages_;
  saddle::bucket_layout layout_;
  policies run_{{.seed = 1,
                 .lo{-1e30f, -1e30f},
                 .hi{1e30f, 1e30f},
                 .average = saddle::averaging::none,
                 .decay = 0},
                {}, {}, {}};
  engine engine_ = device_.make_engine();
  std::vector<float> some_ = std::vector<float>(1 << 20);
  std::map<std::string, float*> arrays_;
  arguments arguments_;
  launched send_;
  std::vector<launched> receives_;
};

template <class Device, class O, class C, class Tp>
void encode(benchmark::State& state) {
  kernel_bench<Device, O, C, Tp>(1).encode(state);
}
template <class Device, class O, class C, class Tp>
void apply(benchmark::State& state) {
  kernel_bench<Device, O, C, Tp>(static_cast<int>(state.range(0))).apply(state);
}
template <class Device, class O, class C, class Tp>
void relay(benchmark::State& state) {
  kernel_bench<Device, O, C, Tp>(static_cast<int>(state.range(0))).relay(state);
}

/// Registers all of them: NAME/messages.
template <class Device>
void register_kernels() {
  using namespace saddle;
  using qsgd8 = qsgd<512, 8, rounding::nearest>;
  using qsgd4 = qsgd<512, 4, rounding::nearest>;
  using server = parameter_server<>;
  auto const add = [](char const* name, auto* f, std::vector<int> const& messages) {
    auto* const b = benchmark::RegisterBenchmark(name, f);
    if (Device::manual_time) b->UseManualTime();
    for (int n : messages) b->Arg(n);
  };
  add("encode/sgda/identity", encode<Device, sgda, identity, server>, {1});
  add("encode/sgda/qsgd8/memory", encode<Device, sgda, error_feedback<qsgd8>, server>, {1});
  add("encode/sgda/qsgd4/memory", encode<Device, sgda, error_feedback<qsgd4>, server>, {1});
  add("encode/sgda/qsgd4-dithered", encode<Device, sgda, qsgd<512, 4>, server>, {1});
  add("encode/sgda/scaled-sign/memory", encode<Device, sgda, error_feedback<scaled_sign<512>>, server>, {1});
  add("encode/sgda/top-k/memory", encode<Device, sgda, error_feedback<top_k<512, 8>>, server>, {1});
  add("encode/optimistic-adam/qsgd8/memory", encode<Device, optimistic_adam, error_feedback<qsgd8>, server>, {1});
  add("encode/sgda/scaled-sign/copies", encode<Device, sgda, scaled_sign<512>, gossip>, {1});
  add("encode/omd/identity/gossip", encode<Device, omd, identity, gossip>, {1});
  add("apply/sgda/identity", apply<Device, sgda, identity, server>, {1, 8});
  add("apply/omd/qsgd8/memory", apply<Device, omd, error_feedback<qsgd8>, server>, {1, 8});
  add("apply/sgda/qsgd4/memory", apply<Device, sgda, error_feedback<qsgd4>, server>, {1, 8});
  add("apply/sgda/scaled-sign/memory", apply<Device, sgda, error_feedback<scaled_sign<512>>, server>, {1, 8});
  add("apply/omd/top-k/memory", apply<Device, omd, error_feedback<top_k<512, 8>>, server>, {1, 8});
  add("apply/omd/identity/gossip", apply<Device, omd, identity, gossip>, {3});
  add("relay/qsgd8/memory", relay<Device, sgda, error_feedback<qsgd8>, parameter_server<error_feedback<qsgd8>>>, {8});
}
