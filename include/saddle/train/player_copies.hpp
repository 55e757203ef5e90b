#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/box.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/executor/memory.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/measure.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/run/compiled_step.hpp"
#include "saddle/run/instruction.hpp"
#include "saddle/run/named_arrays.hpp"
#include "saddle/run/plan.hpp"
#include "saddle/run/policies.hpp"
#include "saddle/run/run_state.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/norm.hpp"

SADDLE_NAMESPACE_BEGIN

/// Nobody exchanges anything: what is averaged over all is one's own.
struct no_exchange {
  using exchanges = never;
  using begins = never;
  static constexpr bool has_server = false, on_average = false, amplifies = false;
  template <class Run, class Subject, class Make, class G, int Player, bool KeepsMoved>
  using move = step_list<local_operation<
      made_in_turn<Make, make_fixed<std::conditional_t<KeepsMoved, copies<name::v, name::moved>, chain<>>>,
                   make_fixed<steps_x>, bounded<name::x>>,
      binds<means<name::x, Subject>, means<name::g, G>>, Player>>;
  template <class Run, int Player>
  using before_gradient = step_list<>;
};

/// Copies of one player, each of which moves alone: weights, look-ahead point, gradient, optimizer state. A step is
/// the optimizer's list; its gradients are taken by somebody else, and each begins a phase.
template <class T, optimizer O, class Engine>
class player_copies {
  using run = policies<T, O, identity, no_exchange>;
  using code = instruction<T, Engine>;
  static_assert(!facts_of_steps<O>::averages_vectors, "a player that moves alone has no server that averages vectors");
  static_assert(!draws_full_batches<run>, "a player that moves alone has no full batches");

 public:
  player_copies(Engine& on, O how, std::int64_t size, int count, box const& limits)
      : engine_(on),
        memory_(on),
        run_{{.seed = 0,
              .lo = {bound_in<T>(limits.lo), bound_in<T>(limits.lo)},
              .hi = {bound_in<T>(limits.hi), bound_in<T>(limits.hi)},
              .average = averaging::none,
              .decay = 0},
             std::move(how), {}, {}},
        layout_{{size, 0}, run::bucket},
        count_(count) {
    saddle::expect_no_objection(run_.optimizer);
    for (code const& one : compiled_step<run, Engine, false, step_of<run>>) {
      if (one.holds != nullptr && one.is_constant && !one.holds(&run_, 1)) continue;
      bool const is_gradient = one.what == action::gradient,
                 measures = one.what == action::measure && !one.grows && !one.of_tensors;
      if (measures && one.player == 1) continue;  // there is one player here, and it is the first
      expects(one.what == action::measure || one.player == both_players,
              "player_copies: a player that moves alone has nobody to alternate with");
      expects((one.holds == nullptr || one.is_constant) && one.repeats == nullptr &&
                  (is_gradient || ((one.what == action::local || measures) && !phases_.empty())),
              "player_copies: a player that moves alone takes one gradient after the other, the same in every step");
      if (is_gradient) {
        phases_.push_back({&one, {}});
        arrays_.declare(one.at.text, one.at);
        arrays_.declare(one.into.text, one.into);
      } else {
        phases_.back().moves.push_back(&one);
        for (array_use const& use : one.uses) arrays_.declare(use.text, use);
      }
    }
    for (auto& [name, a] : arrays_) a.by_workers = true;
    arrays_.allocate(memory_, static_cast<std::size_t>(layout_.padded()), count);
  }
  player_copies(player_copies const&) = delete;

  /// Gradients of a step.
  int phases() const { return static_cast<int>(phases_.size()); }
  /// The number of the sample that gradient k of a step is taken on.
  int draw(std::int64_t step, int k) const { return phase(k).gradient->draw(&run_, {.step = step}); }
  bucket_layout const& layout() const { return layout_; }
  std::span<T> w(int i) { return array("w", i); }
  std::span<T const> w(int i) const { return array("w", i); }
  /// Where gradient k is taken, and where it goes.
  std::span<T const> point(int i, int k) const { return array(phase(k).gradient->at.text, i); }
  std::span<T> gradient(int i, int k) { return array(phase(k).gradient->into.text, i); }

  /// What determines the future of a copy; of it the optimizer's state.
  std::vector<std::string> lasting() const {
    std::vector<std::string> all;
    for (auto const& [name, a] : arrays_)
      if (a.lasts) all.push_back(name);
    return all;
  }
  std::vector<std::string> states() const {
    std::vector<std::string> all = lasting();
    std::erase_if(all, [this](std::string const& name) { return arrays_.find(name)->at_weights; });
    return all;
  }
  std::span<T> array(std::string const& name, int i) { return whole(arrays_.find(name)->of(i)); }
  std::span<T const> array(std::string const& name, int i) const { return whole(arrays_.find(name)->of(i)); }
  /// The same with its padding.
  std::span<T> padded(std::string const& name, int i) {
    return {arrays_.find(name)->of(i), static_cast<std::size_t>(layout_.padded())};
  }

  /// All copies to these weights, as the first are.
  void begin(std::span<T const> weights) {
    for (int i = 0; i < count_; ++i) {
      std::ranges::copy(weights, w(i).begin());
      settle(i);
    }
  }
  /// To weights that came from elsewhere: inside of the box, and with nothing to look ahead along.
  void settle(int i) {
    for (T& x : w(i)) x = clamped(x, run_.lo[0], run_.hi[0]);
    for (auto const& [name, a] : arrays_)
      if (a.at_weights && name != "w") std::ranges::copy(w(i), a.of(i));
  }

  /// What follows gradient k of a step, on some of the copies. `lowest` has a place for each of them.
  void move(std::int64_t step, int k, std::span<int const> which, std::int64_t* lowest) {
    scalars_.resize(which.size() * scalars_of_worker);
    for (code const* const one : phase(k).moves) {
      std::size_t const uses = one->uses.size();
      pointers_.clear();
      for (int const i : which)
        for (array_use const& use : one->uses) pointers_.push_back(arrays_[use.text].of(i));
      rows_.clear();
      for (std::size_t m = 0; m < which.size(); ++m) {
        T* const* const arrays = pointers_.data() + m * uses;
        rows_.push_back({{arrays, arrays}, scalars_.data() + m * scalars_of_worker, static_cast<std::uint32_t>(m)});
      }
      data_.resize(one->data_bytes);
      one->make(&run_, {.step = step}, {}, data_.data());
      launch_arguments<T, Engine> a;
      a.layout = layout_;
      a.on_host = &layout_;
      a.part = layout_.of(both_players);
      a.rows = static_cast<int>(which.size());
      a.now = reinterpret_cast<exchange_facts const*>(data_.data());
      a.table = rows_.data();
      a.non_finite = lowest;
      if (one->what == action::measure) {
        sums_.resize(which.size() * static_cast<std::size_t>(layout_.buckets()));
        a.sums = sums_.data();
      }
      one->launch(engine_, a);
      if (one->what == action::measure)
        add_sums<T>{sums_.data(), layout_.buckets(), a.part.first, a.part.last, a.rows, a.rows,
                    scalars_of_worker, one->scalar, scalars_.data(), nullptr, both_players, one->grows}();
    }
  }

 private:
  struct phase_of_step {
    code const* gradient;
    std::vector<code const*> moves;
  };
  phase_of_step const& phase(int k) const { return phases_[static_cast<std::size_t>(k)]; }
  std::span<T> whole(T* a) const { return {a, static_cast<std::size_t>(layout_.sizes.min)}; }

  Engine& engine_;
  memory_of<Engine, true> memory_;
  run run_;
  bucket_layout layout_;
  int count_;
  std::vector<phase_of_step> phases_;
  named_arrays<T> arrays_;

  // Kept to reuse their memory.
  std::vector<T*> pointers_;
  std::vector<array_row<T>> rows_;
  std::vector<T> scalars_, sums_;
  aligned_vector<std::byte> data_;
};

SADDLE_NAMESPACE_END
