// The demo: four workers train a GAN on handwritten digits and send 8 bits a coordinate. It prints how it goes and what the
// generator draws, and leaves digits.png in the current folder: a row of samples from each stage, and more from the end.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

#include <saddle/games.hpp>
#include <saddle/saddle.hpp>

#if __has_include(<stb/stb_image_write.h>)
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>
#endif

namespace {

constexpr int workers = 4, steps = 6000, side = 8, across = 16, scale = 5, gap = 4;

/// Rows of images of one size, enlarged.
struct picture {
  int width = across * (side * scale + gap) + gap;
  std::vector<unsigned char> pixels = std::vector<unsigned char>(static_cast<std::size_t>(width * gap), 96);

  void add_row(std::span<float const> images) {
    std::size_t const top = pixels.size();
    pixels.resize(top + static_cast<std::size_t>(width * (side * scale + gap)), 96);
    for (int n = 0; n < across; ++n)
      for (int y = 0; y < side * scale; ++y)
        for (int x = 0; x < side * scale; ++x) {
          float const v = images[static_cast<std::size_t>((n * side + y / scale) * side + x / scale)];
          pixels[top + static_cast<std::size_t>(y * width + gap + n * (side * scale + gap) + x)] =
              static_cast<unsigned char>(255 * std::clamp(v, 0.0f, 1.0f));
        }
  }
  bool save([[maybe_unused]] char const* path) const {
#ifdef STB_IMAGE_WRITE_IMPLEMENTATION
    return stbi_write_png(path, width, static_cast<int>(pixels.size()) / width, 1, pixels.data(), width) != 0;
#else
    return false;
#endif
  }
};

/// A few of them as characters.
void print(std::span<float const> images, int count) {
  constexpr char shades[] = " .:-=+*#%@";
  for (int y = 0; y < side; ++y) {
    for (int n = 0; n < count; ++n) {
      for (int x = 0; x < side; ++x) {
        float const v = images[static_cast<std::size_t>((n * side + y) * side + x)];
        char const c = shades[static_cast<int>(9.99f * std::clamp(v, 0.0f, 1.0f))];
        std::printf("%c%c", c, c);
      }
      std::printf("  ");
    }
    std::printf("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace saddle;
  bool const is_quick = argc == 2 && std::strcmp(argv[1], "--quick") == 0;
  if (argc > 1 && !is_quick) {
    std::fprintf(stderr, "digits: unknown option %s; there is --quick\n", argv[1]);
    return 2;
  }
  int const most = is_quick ? 600 : steps;
  bool const is_watched = isatty(STDOUT_FILENO) != 0;
  samples const digits = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  std::printf("DQGAN: a generator and a discriminator learn %d handwritten digits on %d workers, 8 bits a coordinate\n",
              digits.count, workers);
  std::fflush(stdout);
  mlp_gan<> const gan(digits, {.r1 = 1, .workers = workers});
  trainer t{gan, dqgan<optimistic_adam>{.optimizer = {.step_size = 5e-4}}, loopback{workers}, cpu{.threads = 2},
            settings{.average = averaging::exponential, .decay = 0.999}};
  auto const drawn = [&](int count) { return gan.generate(t.averaged_weights(0).min, count, 1); };
  picture shown;
  double distance = 0;
  t.run(most, [&](report const& r) {
    bool const is_stage = r.step == most / 30 || r.step == most / 10 || r.step % (most / 4) == 0;
    if (!is_stage && (r.step % 50 != 0 || !is_watched)) return;
    std::printf("%sstep %4d of %d, %4.1f s", is_watched ? "\r" : "", static_cast<int>(r.step), most, r.seconds);
    if (is_stage) {
      samples const now = drawn(digits.count);
      distance = frechet_distance(digits, now);
      shown.add_row(now.values);
      std::printf(": Frechet distance %6.3f (noise has 9.9, other real digits 0.07)\n", distance);
    }
    std::fflush(stdout);
  });
  samples const last = drawn(4 * across);
  for (int row = 1; row < 4; ++row)
    shown.add_row(std::span(last.values).subspan(static_cast<std::size_t>(row * across * side * side)));

  report const r = t.report();
  auto const megabytes = [](auto bytes) { return static_cast<double>(bytes) / 1e6; };
  double const dense = megabytes(4 * t.sizes().size() * workers * r.step);
  std::printf("\n");
  print(last.values, 6);
  std::printf("\nup %.0f MB of %.0f dense (%.0f %%), down %.0f MB of %.0f\n", megabytes(r.uplink.total), dense,
              100 * megabytes(r.uplink.total) / dense, megabytes(r.downlink.total), dense);
  if (shown.save("digits.png")) std::printf("digits.png has a row of samples from each stage\n");
  return distance < (is_quick ? 8 : 0.2) ? 0 : 1;
}
