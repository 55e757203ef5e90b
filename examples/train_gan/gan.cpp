#include "gan.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <saddle/problem/mlp_gan.hpp>

namespace train_gan {
namespace {

class gan_problem final : public saddle::any_problem<float> {
 public:
  gan_problem(saddle::samples const& real, saddle::mlp_gan_options options) : gan(real, std::move(options)) {}

  saddle::players sizes() const override { return gan.sizes(); }
  int most_workers() const override { return gan.workers(); }
  std::string const& identity() const override { return identity_; }
  void initial(std::uint64_t seed, saddle::point<float> w) const override { gan.initial(seed, w); }
  void gradient(saddle::point<float const> at, saddle::sample const* s, saddle::point<float> out,
                int player) const override {
    if (player == saddle::both_players)
      gan.gradient(at, *s, out);
    else
      gan.gradient(at, *s, out, static_cast<saddle::player>(player));
  }

  saddle::mlp_gan<float> gan;

 private:
  std::string identity_ = gan.identity();
};

saddle::gan_loss loss_named(std::string const& name) {
  if (name == "non-saturating") return saddle::gan_loss::non_saturating;
  if (name == "saturating") return saddle::gan_loss::saturating;
  if (name == "wasserstein") return saddle::gan_loss::wasserstein;
  throw std::invalid_argument("there is no loss " + name);
}

}  // namespace

struct gan::parts {
  data_set data;
  std::shared_ptr<gan_problem const> problem;
  command_line::rating rating;
};

gan::gan(data_set data, gan_sizes const& sizes) {
  if (sizes.workers > data.real.count)
    throw std::invalid_argument(std::to_string(sizes.workers) + " workers, but there are only " +
                                std::to_string(data.real.count) + " samples");
  auto problem = std::make_shared<gan_problem const>(data.real, saddle::mlp_gan_options{.generator = sizes.hidden,
                                                                                        .discriminator = sizes.hidden,
                                                                                        .latent = sizes.latent,
                                                                                        .batch = sizes.batch,
                                                                                        .loss = loss_named(sizes.loss),
                                                                                        .r1 = sizes.r1,
                                                                                        .workers = sizes.workers});
  rating judge(data, sizes.classifier);
  parts_ = std::make_shared<parts const>(parts{std::move(data), std::move(problem), std::move(judge)});
}

shared_game gan::game() const {
  saddle::mlp_gan<float> const& of = parts_->problem->gan;
  return {parts_->problem, {of.tensors(saddle::player::min), of.tensors(saddle::player::max)}};
}
data_set const& gan::data() const { return parts_->data; }

saddle::samples gan::generate(std::span<float const> generator_weights) const {
  return parts_->problem->gan.generate(generator_weights, std::min(parts_->data.real.count, 2000), 1);
}

score gan::rate(saddle::samples const& generated) const { return parts_->rating.of(parts_->data.real, generated); }

std::optional<std::array<double, 2>> gan::losses(saddle::point<float const> at) const {
  return mean_losses(parts_->problem->gan, at);
}

}  // namespace train_gan
