#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <saddle/core/samples.hpp>
#include <saddle/problem/acgan.hpp>
#include <saddle/problem/split_gan.hpp>

namespace evidence {

/// A pair of networks of any kind, behind virtual calls: MD-GAN and FL-GAN are compiled once for all of them. A copy has
/// networks of its own.
class any_pair {
 public:
  using scalar = float;
  /// Samples in the units of the data, of a generator's weights and buffers.
  template <class P>
  using generates = std::function<saddle::samples(P const&, std::span<float const> weights,
                                                  std::span<float const> buffers, int count)>;

  template <saddle::split_gan P>
  any_pair(P pair, generates<P> samples) : it_(std::make_unique<of<P>>(std::move(pair), std::move(samples))) {}
  any_pair(any_pair const& other) : it_(other.it_->copy()) {}
  any_pair(any_pair&&) noexcept = default;

  saddle::players sizes() const { return it_->sizes(); }
  int workers() const { return it_->workers(); }
  int batch() const { return it_->batch(); }
  int sample_size() const { return it_->sample_size(); }
  std::string identity() const { return it_->identity(); }
  std::vector<saddle::tensor> tensors(saddle::player who) const { return it_->tensors(who); }
  /// Zeros where the pair does not count them.
  saddle::per_pass operations() const { return it_->operations(); }
  void initial(std::uint64_t seed, saddle::point<float> w) const { it_->initial(seed, w); }
  void gradient(saddle::point<float const> at, saddle::sample s, saddle::point<float> out) const {
    it_->gradient(at, s, out);
  }
  void gradient(saddle::point<float const> at, saddle::sample s, saddle::point<float> out, saddle::player who) const {
    it_->gradient(at, s, out, who);
  }
  void generate(std::span<float const> generator, saddle::sample noise, std::span<float> out) const {
    it_->generate(generator, noise, out);
  }
  void pull_back(std::span<float const> generator, saddle::sample noise, std::span<float const> feedback,
                 std::span<float> out) const {
    it_->pull_back(generator, noise, feedback, out);
  }
  void ascend(std::span<float const> discriminator, saddle::sample s, saddle::generated_batch<float> const& fake,
              std::span<float> out) const {
    it_->ascend(discriminator, s, fake, out);
  }
  void feedback(std::span<float const> discriminator, saddle::sample s, saddle::generated_batch<float> const& fake,
                std::span<float> out) const {
    it_->feedback(discriminator, s, fake, out);
  }
  std::span<float> buffers(int worker) const { return it_->buffers(worker); }
  std::span<float> generator_buffers(int batch) const { return it_->generator_buffers(batch); }
  std::span<float> discriminator_buffers(int worker) const { return it_->discriminator_buffers(worker); }
  void bind_weights(int worker, saddle::point<float> w) { it_->bind_weights(worker, w); }

  saddle::samples generate(std::span<float const> weights, std::span<float const> buffers, int count) const {
    return it_->samples(weights, buffers, count);
  }

 private:
  struct pair {
    virtual ~pair() = default;
    virtual std::unique_ptr<pair> copy() const = 0;
    virtual saddle::players sizes() const = 0;
    virtual int workers() const = 0;
    virtual int batch() const = 0;
    virtual int sample_size() const = 0;
    virtual std::string identity() const = 0;
    virtual std::vector<saddle::tensor> tensors(saddle::player who) const = 0;
    virtual saddle::per_pass operations() const = 0;
    virtual void initial(std::uint64_t seed, saddle::point<float> w) const = 0;
    virtual void gradient(saddle::point<float const>, saddle::sample, saddle::point<float>) const = 0;
    virtual void gradient(saddle::point<float const>, saddle::sample, saddle::point<float>, saddle::player) const = 0;
    virtual void generate(std::span<float const>, saddle::sample, std::span<float>) const = 0;
    virtual void pull_back(std::span<float const>, saddle::sample, std::span<float const>, std::span<float>) const = 0;
    virtual void ascend(std::span<float const>, saddle::sample, saddle::generated_batch<float> const&,
                        std::span<float>) const = 0;
    virtual void feedback(std::span<float const>, saddle::sample, saddle::generated_batch<float> const&,
                          std::span<float>) const = 0;
    virtual std::span<float> buffers(int worker) const = 0;
    virtual std::span<float> generator_buffers(int batch) const = 0;
    virtual std::span<float> discriminator_buffers(int worker) const = 0;
    virtual void bind_weights(int worker, saddle::point<float> w) = 0;
    virtual saddle::samples samples(std::span<float const>, std::span<float const>, int) const = 0;
  };

  template <class P>
  struct of final : pair {
    P p;
    generates<P> made;

    of(P the, generates<P> how) : p(std::move(the)), made(std::move(how)) {}
    std::unique_ptr<pair> copy() const override { return std::make_unique<of>(p, made); }
    saddle::players sizes() const override { return p.sizes(); }
    int workers() const override { return p.workers(); }
    int batch() const override { return p.batch(); }
    int sample_size() const override { return p.sample_size(); }
    std::string identity() const override { return p.identity(); }
    std::vector<saddle::tensor> tensors(saddle::player who) const override { return p.tensors(who); }
    saddle::per_pass operations() const override {
      if constexpr (saddle::counts_its_operations<P>) return p.operations();
      else return {};
    }
    void initial(std::uint64_t seed, saddle::point<float> w) const override { p.initial(seed, w); }
    void gradient(saddle::point<float const> at, saddle::sample s, saddle::point<float> out) const override {
      p.gradient(at, s, out);
    }
    void gradient(saddle::point<float const> at, saddle::sample s, saddle::point<float> out,
                  saddle::player who) const override {
      p.gradient(at, s, out, who);
    }
    void generate(std::span<float const> generator, saddle::sample noise, std::span<float> out) const override {
      p.generate(generator, noise, out);
    }
    void pull_back(std::span<float const> generator, saddle::sample noise, std::span<float const> feedback,
                   std::span<float> out) const override {
      p.pull_back(generator, noise, feedback, out);
    }
    void ascend(std::span<float const> discriminator, saddle::sample s, saddle::generated_batch<float> const& fake,
                std::span<float> out) const override {
      p.ascend(discriminator, s, fake, out);
    }
    void feedback(std::span<float const> discriminator, saddle::sample s, saddle::generated_batch<float> const& fake,
                  std::span<float> out) const override {
      p.feedback(discriminator, s, fake, out);
    }
    std::span<float> buffers(int worker) const override {
      if constexpr (saddle::has_buffers<P>) return p.buffers(worker);
      else return {};
    }
    std::span<float> generator_buffers(int batch) const override { return saddle::generator_buffers_of(p, batch); }
    std::span<float> discriminator_buffers(int worker) const override {
      return saddle::discriminator_buffers_of(p, worker);
    }
    void bind_weights(int worker, saddle::point<float> w) override {
      if constexpr (saddle::binds_weights<P>) p.bind_weights(worker, w);
    }
    saddle::samples samples(std::span<float const> weights, std::span<float const> buffers, int count) const override {
      return made(p, weights, buffers, count);
    }
  };

  std::unique_ptr<pair> it_;
};
static_assert(saddle::split_gan<any_pair>);

/// Makes one of these sizes: acgan_options' widths and latents are for perceptrons.
using pair_maker = any_pair(saddle::samples const& real, saddle::acgan_options const& sizes);
pair_maker perceptron_pair;
/// MD-GAN's own convolutional networks, modules of torch.
/// errors  std::invalid_argument: this program was built without libtorch
pair_maker convolutional_pair;
extern bool const has_convolutional_pair;

}  // namespace evidence
