#pragma once
// The methods that are compared, each behind one type.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <saddle/saddle.hpp>
#include <saddle/transport/simulated.hpp>

#include "../train_gan/shared_game.hpp"

namespace evidence {

/// A game behind virtual calls, with full batches where it has any.
struct any_game : train_gan::shared_game {
  static constexpr bool has_full_batches = true;
};

/// What is said of a method where workers differ and a step size stays constant.
enum class end_point {
  solution,       // it comes to the solution
  near_solution,  // it stops at a distance that halves with the step size
  unclaimed       // its steps adapt, or what it forgets is a share of something else
};

struct method {
  std::string name, mechanism;
  end_point end;
  bool reduces_variance = false;  // comes to the solution of a noisy game, too
  std::optional<double> first_step_size{};  // of a search, where it is in no unit of the problem
  std::function<saddle::trainer<float>(any_game const&, double step_size, std::optional<saddle::link_kind> const&,
                                       saddle::compute_time const&, int threads, saddle::settings const&)>
      start;
};

/// Of what makes a composition for a step size.
template <class Make>
method method_of(std::string name, std::string mechanism, end_point end, Make const& make) {
  return {.name = std::move(name),
          .mechanism = std::move(mechanism),
          .end = end,
          .start = [make](any_game const& game, double step_size, std::optional<saddle::link_kind> const& links,
                          saddle::compute_time const& compute, int threads, saddle::settings const& s) {
            auto const how = make(step_size);
            if (!links)
              return saddle::trainer<float>(game, how, saddle::loopback{game.workers()}, saddle::cpu{threads}, s);
            return saddle::trainer<float>(
                game, how,
                saddle::simulated{.workers = game.workers(), .links = {*links}, .compute = compute},
                saddle::cpu{threads}, s);
          }};
}

std::vector<method> methods_of_games(int workers);
std::vector<method> methods_on_simplices(int workers);
std::vector<method> methods_of_gans(int workers);

}  // namespace evidence
