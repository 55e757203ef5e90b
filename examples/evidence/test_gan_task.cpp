// Whether a GAN behind virtual calls is trained as it is without them, and a task takes GANs of both kinds.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <saddle/problem/mlp_gan.hpp>

#include "gan_task.hpp"

namespace {

using namespace saddle;
using namespace evidence;

int failures = 0;
void expect(bool holds, std::string const& what) {
  if (!holds) std::cout << "not so: " << what << "\n", ++failures;
}

constexpr int workers = 2;
dqgan<optimistic_adam, qsgd<512, 8>> const dqgan_8_bits{{.step_size = 1e-3}};

std::vector<float> weights_after(auto const& problem, int steps) {
  trainer t{problem, dqgan_8_bits, loopback{workers}, cpu{}, settings{.seed = 3}};
  t.run(steps);
  auto const w = t.weights(1).min;
  return {w.begin(), w.end()};
}
bool is_training(training const& done) {
  return done.steps == std::vector<std::int64_t>{2, 4} && std::isfinite(done.end()) && done.disagreement < 1e-6;
}

}  // namespace

int main() {
  gan_task task = digits_task(workers, 4, true, 1);
  mlp_gan<float> const gan(task.real, task.game);
  any_gan const same = task.gan();
  std::vector<float> const w = weights_after(gan, 5);
  expect(w == weights_after(same.game, 5), "equal weights, to the bit");
  expect(gan.generate(w, 9, 1).values == same.generate(w, {}, 9).values, "equal samples");
  double const fast = seconds_a_step(same, dqgan_8_bits, ethernet, 1e-3, 1),
               slow = seconds_a_step(same, dqgan_8_bits, home, 1e-3, 1);
  expect(fast > 1e-3 && slow > fast, "seconds of gradients and of messages");
  expect(is_training(train(task, dqgan_8_bits, 1, 1, 2)), "perceptrons train");

  task = with_dcgan(std::move(task));
  expect(task.name == "digits, DCGAN", task.name);
  if (has_dcgan) {
    expect(is_training(train(task, dqgan_8_bits, 1, 1, 2)), "convolutional networks train");
    any_gan const other = task.gan();
    std::vector<float> min(static_cast<std::size_t>(other.game.sizes().min));
    std::vector<float> max(static_cast<std::size_t>(other.game.sizes().max));
    other.game.initial(1, {min, max});
    samples const made = other.generate(min, other.game.buffers(0), 3);
    expect(made.count == 3 && made.shape == task.real.shape, "as many images, of the data's extents");
    expect(std::ranges::all_of(made.values, [](float v) { return v >= 0 && v <= 16; }), "within the data's bounds");
  } else {
    try {
      (void)task.gan();
      expect(false, "without libtorch it is refused");
    } catch (std::invalid_argument const& e) {
      expect(std::string(e.what()).find("libtorch") != std::string::npos, e.what());
    }
  }
  return failures == 0 ? 0 : 1;
}
