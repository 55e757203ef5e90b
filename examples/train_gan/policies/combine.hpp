#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../composition.hpp"

namespace train_gan {

/// One optimizer, whatever its list, with a step size for each player. As it is, it is the minimizing player's.
template <saddle::optimizer O>
struct two_step_sizes : O {
  O max;

  template <class T>
  auto direction(std::int64_t step) const {
    return saddle::of_each_player(O::template direction<T>(step), max.template direction<T>(step));
  }
  template <class T>
    requires requires(O const o) { o.template ahead<T>(1); }
  auto ahead(std::int64_t step) const {
    return saddle::of_each_player(O::template ahead<T>(step), max.template ahead<T>(step));
  }
  double step_size_at(std::int64_t step, int player) const {
    return player == 0 ? O::step_size_at(step, 0) : max.step_size_at(step, 1);
  }
  std::string objection() const {
    std::string const why = O::objection();
    return why.empty() ? max.objection() : why;
  }
};

template <class O>
auto with_step_sizes(composition const& how) {
  auto const sized = []<class Of>(Of o, double eta) {
    o.step_size = eta;
    return o;
  };
  if constexpr (requires(O o) { o.min, o.max; })
    return O{sized(O{}.min, how.step_size), sized(O{}.max, how.max_step_size)};
  else
    return two_step_sizes<O>{sized(O{}, how.step_size), sized(O{}, how.max_step_size)};
}
template <class O>
using sized_optimizer = decltype(with_step_sizes<O>(std::declval<composition const&>()));

/// The topologies that a compressor is compiled for.
enum class where { anywhere, server, gossip };

// Not every combination that makes sense is compiled, for each takes its time.

/// The compressors that local steps come with.
template <class C>
inline constexpr bool in_every_way = std::is_same_v<C, saddle::identity> ||
                                     std::is_same_v<C, saddle::error_feedback<saddle::qsgd<512, 8>>>;
/// Those that adapting to the average comes with: CPOAdam-GQ forgets what it did not send.
template <class C>
inline constexpr bool to_the_average = in_every_way<C> || std::is_same_v<C, saddle::qsgd<512, 8>>;
/// Those that send how their directions have changed.
template <class C>
inline constexpr bool sends_changes = std::is_same_v<C, saddle::top_k<>> || std::is_same_v<C, saddle::qsgd<512, 8>>;

template <class O, where Where, saddle::compression C>
saddle::trainer<float> on_topology(shared_game const& game, composition const& how, C compressor) {
  using namespace saddle;
  using steps = facts_of_steps<O>;
  [[maybe_unused]] constexpr bool averaged = steps::averages_look_ahead;
  auto const refuse = [](std::string const& why) -> trainer<float> { throw std::invalid_argument(why); };
  auto const train = [&]<class Topology>(Topology topology) {
    if constexpr (!is_sound<sized_optimizer<O>, C, Topology>)
      return refuse(why_unsound<sized_optimizer<O>, C, Topology>());
    else
      return trainer<float>(game, with_step_sizes<O>(how), compressor, std::move(topology),
                            how.transport, cpu{how.threads}, how.run);
  };
  auto const train_in_rounds = [&](auto topology) {
    if (how.local_steps == 1) return train(std::move(topology));
    if constexpr (steps::averages_look_ahead)
      return refuse(how.optimizer + " looks ahead along the average, and local steps have none");
    else if constexpr (!in_every_way<C>)
      return refuse("local steps come with identity, or with qsgd8 and error memory");
    else
      return train(local_steps{std::move(topology), how.local_steps});
  };
  if (how.topology == "server") {
    if constexpr (Where == where::gossip || (!is_unbiased<wire_compressor<C>> && !has_memory<C>)) {
      return refuse(how.compressor + " is biased: on a server it needs error feedback");
    } else if constexpr (steps::exchanges_look_ahead && has_memory<C>) {
      return refuse(how.optimizer + " exchanges twice a step, which one error memory cannot serve: use " +
                    "--error-feedback none or another optimizer");
    } else {
      if (how.adapts == adapts::on_average) {
        if constexpr (looks_ahead_with_a_state<O>)
          return refuse(how.optimizer + " looks ahead without the others, and cannot adapt to their average");
        else if constexpr (!to_the_average<C>)
          return refuse("adapting to the average comes with identity, or with qsgd8 that has error memory or none");
        else
          return train(parameter_server<exact_downlink, adapts::on_average>{});
      }
      if (how.downlink == "exact") return train_in_rounds(parameter_server<>{});
      if constexpr (is_exact<wire_compressor<C>> || feedback_of<C> == feedback::error)
        return train(parameter_server{error_feedback{qsgd<512, 8>{}}});
      else
        return refuse("a lossy downlink comes with an uplink that is exact or has error memory");
    }
  }
  if constexpr (steps::keeps_mean) {
    return refuse(how.optimizer + " looks ahead along the average, and only a server has one");
  } else if constexpr (Where == where::server) {
    return refuse(how.compressor + " needs a server");
  } else {
    if constexpr (is_exact<wire_compressor<C>>)
      if (how.accelerated) return train(accelerated(how));
    return train_in_rounds(gossip{graph_of(how), how.rounds, how.order, how.consensus_step});
  }
}

/// The trainer of a compressor with the optimizer and the topology that `how` names.
template <where Where = where::anywhere, saddle::compression C>
saddle::trainer<float> combine(shared_game const& game, composition const& how, C compressor) {
  std::optional<saddle::trainer<float>> made;
  auto const try_one = [&]<class O>(O const*) {
    if (how.optimizer != O::name()) return;
    if constexpr (std::is_same_v<O, discriminator_first> && !std::is_same_v<C, saddle::identity>)
      throw std::invalid_argument(how.optimizer + " comes with identity");
    else
      made = on_topology<O, Where>(game, how, compressor);
  };
  [&]<class... O>(std::tuple<O...> const*) {
    (try_one(static_cast<O const*>(nullptr)), ...);
  }(static_cast<optimizers const*>(nullptr));
  if (!made) throw std::invalid_argument("there is no optimizer " + how.optimizer);
  return std::move(*made);
}

/// A lossy compressor, bare or with what is kept beside it. A server wants a bare one unbiased; error memory,
/// differences and public copies want the contraction, which need not be the same.
template <saddle::compressor Bare, saddle::compressor Contracting = Bare>
saddle::trainer<float> combine_lossy(shared_game const& game, composition const& how) {
  if (how.feedback == saddle::feedback::error) return combine(game, how, saddle::error_feedback{Contracting{}});
  if (how.feedback == saddle::feedback::difference) {
    if constexpr (sends_changes<Bare>) return combine<where::server>(game, how, saddle::ef21{Contracting{}});
    else throw std::invalid_argument("ef21 comes with top-k and qsgd8");
  }
  if constexpr (std::is_same_v<Bare, Contracting>) return combine(game, how, Bare{});
  else if (how.topology == "server") return combine<where::server>(game, how, Bare{});
  else return combine<where::gossip>(game, how, Contracting{});
}

/// QSGD of some bits a coordinate, dithered. Where a contraction is wanted and dithering is none, rounding to nearest
/// takes its place, and the run's summary says so: in code error_feedback<qsgd<512, 4>> is refused instead.
template <int Bits>
saddle::trainer<float> combine_qsgd(shared_game const& game, composition const& how) {
  using namespace saddle;
  using dithered = qsgd<512, Bits>;
  using nearest = qsgd<512, Bits, rounding::nearest>;
  return combine_lossy<dithered, std::conditional_t<contracts<dithered>, dithered, nearest>>(game, how);
}

}  // namespace train_gan
