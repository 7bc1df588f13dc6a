// Convolution of images and its gradients as products by warpgroups (mma/warpgroup_gemm.cuh). The tensor memory accelerator
// brings windows in its im2col mode, some positions of one tap and 64 channels at a time, and zeros where they reach beyond the
// image. Never run on hardware so far.
//
// Algorithm  forward          y [rows,k] = windows [rows,taps*c] w^T
//            input gradient   one product for each phase of the stride (conv/phases.cuh), which is a convolution of dy at
//                             stride 1 with the taps that reach it, in the reverse order:
//                             dx [rows of the phase,c] = windows of dy [.,taps*k] w
//                             Up to four are a launch, in which a block makes the same tile of each: they read the same dy.
//            weight gradient  dw [k,taps*c] = dy^T [k,rows] windows [rows,taps*c], the rows in splits
// Shapes     x, dx [n,h,w,c], w, dw [k,r,s,c], y, dy [n,p,q,k]; rows = n*p*q.
// Bytes      windows are read for each tap and column of tiles, from the L2 cache but for the first time.
// Bound by   the tensor cores for many channels, memory for few.
#include "conv/warpgroup_convolution.cuh"

#include "conv/windows.cuh"
#include "mma/warpgroup_gemm.cuh"
#include "mma/warpgroup_product.cuh"

namespace convolt::CONVOLT_BACKEND {
namespace {

using namespace warpgroups;

// Windows along one axis of images: the element of tap j of window o is o * stride - before + j * dilation.
struct ImageWindows {
  int extent, windows, taps, stride, before, dilation;

  // Where the corner of the last window lies, counted from the last element.
  int last_corner() const { return (windows - 1) * stride - before - (extent - 1); }
  bool in_tensor_map() const {
    auto fits_byte = [](int value) { return value >= -128 && value <= 127; };
    return stride <= 8 && fits_byte(-before) && fits_byte(last_corner()) && (taps - 1) * dilation <= 255;
  }
};

// The windows of images [n,h,w,c], numbered along w, then h, then n; and their taps.
struct WindowWalk {
  Divisor windows_h, windows_w, taps_w;
  int stride_h, stride_w, before_h, before_w, dilation_h, dilation_w;

  WindowWalk() = default;
  WindowWalk(const ImageWindows& h, const ImageWindows& w)
      : windows_h(h.windows), windows_w(w.windows), taps_w(w.taps), stride_h(h.stride), stride_w(w.stride), before_h(h.before),
        before_w(w.before), dilation_h(h.dilation), dilation_w(w.dilation) {}

  // Starts the copy of channels from `channel` on of one tap of the windows from `window` on.
  DEV void load(void* target, const TensorMap* map, int channel, int window, int tap, Mbarrier* arrived) const {
    int row = windows_w.divide(window);
    const int image = windows_h.divide(row), r = taps_w.divide(tap);
    // What is left of each is its place in what it was divided by.
    const int w = window * stride_w - before_w, h = row * stride_h - before_h;
    tma_load_im2col(target, map, channel, w, h, image, tap * dilation_w, r * dilation_h, arrived);
  }
};

// Operand a: windows as rows, their depth being taps x channels.
struct WindowRows {
  static constexpr WgmmaMajor kMajor = WgmmaMajor::k;
  TensorMap map;
  WindowWalk walk;
  Divisor steps_per_tap;

  DEV void load(unsigned char* tile, int step, int first, Mbarrier* arrived) const {
    const int tap = steps_per_tap.divide(step);
    walk.load(tile, &map, step * kStepDepth, first, tap, arrived);
  }
};

// Operand b: taps x channels as columns, the depth being windows.
struct WindowColumns {
  static constexpr WgmmaMajor kMajor = WgmmaMajor::mn;
  TensorMap map;
  WindowWalk walk;
  Divisor channels;
  int columns;

  DEV void load(unsigned char* tile, int step, int first, Mbarrier* arrived) const {
    for (int box = 0; box < 2; box++) {
      int channel = first + box * kBoxColumns;
      if (channel >= columns) channel = 0;  // whatever comes there is not written
      const int tap = channels.divide(channel);
      walk.load(tile + box * kBoxBytes, &map, channel, step * kStepDepth, tap, arrived);
    }
  }
};

// Operand b: the filters [k,r,s,c] for a phase of dx, columns being channels, the depth taps x k. Where a tile reaches beyond
// the channels it has another tap's, which are not written.
struct FilterColumns {
  static constexpr WgmmaMajor kMajor = WgmmaMajor::mn;
  TensorMap map;  // [k,r*s*c]
  Divisor steps_per_tap, taps_w;
  int last_r, step_r, last_s, step_s;  // the last tap that reaches the phase is the first of the windows
  int s, c;

  DEV void load(unsigned char* tile, int step, int first, Mbarrier* arrived) const {
    int along_w = steps_per_tap.divide(step);
    const int along_h = taps_w.divide(along_w), tap = (last_r - along_h * step_r) * s + last_s - along_w * step_s;
    for (int box = 0; box < 2; box++)
      tma_load_2d(tile + box * kBoxBytes, &map, tap * c + first + box * kBoxColumns, step * kStepDepth, arrived);
  }
};

// One phase of dx.
struct PhaseProduct {
  WindowRows a;
  FilterColumns b;
  PhaseRows rows;
  int m, steps;
};

// Some of the phases, those with the most steps first.
struct PhasesTogether {
  using A = WindowRows;
  using B = FilterColumns;
  static constexpr size_t kMost = 4;  // that a kernel's arguments have room for

  int n;
  PhaseProduct phases[kMost] = {};
  int phase_count = 0;
  int tiles = 0, tiles_n = 0;  // of the phase with the most rows

  void add(const PhaseProduct& phase) {
    const Extents extents{phase.m, n, phase.steps};
    phases[phase_count++] = phase;
    tiles = std::max(tiles, extents.tiles()), tiles_n = extents.tiles_n();
  }

  HOST_DEVICE int tasks() const { return phase_count * tiles; }
  // Blocks have as many tiles side by side as they are, or as are left, in each phase after the other.
  DEV Task task(int index) const {
    const int blocks = int(gridDim.x), first_tile = index / (blocks * phase_count) * blocks, left = tiles - first_tile;
    const int side_by_side = left < blocks ? left : blocks, among_these = index - first_tile * phase_count;
    const int phase = among_these / side_by_side, tile = first_tile + among_these % side_by_side;
    const int m = phases[phase].m, first_m = tile / tiles_n * kTileM, steps = first_m < m ? phases[phase].steps : 0;
    return {phase, m, n, first_m, tile % tiles_n * kTileN, 0, 0, steps};
  }
  DEV int count() const { return phase_count; }
  DEV const PhaseProduct& operator[](int i) const { return phases[i]; }
};

template <class T>
TensorMap image_map(const T* data, int n, int channels, const ImageWindows& h, const ImageWindows& w, int pixels) {
  return tensor_map(ImageMap{.element = kTensorElement<T>, .data = data, .n = n, .h = h.extent, .w = w.extent, .c = channels,
                             .before_h = h.before, .before_w = w.before, .last_h = h.last_corner(), .last_w = w.last_corner(),
                             .stride_h = h.stride, .stride_w = w.stride, .channels = kStepDepth, .pixels = pixels});
}

ImageWindows windows_h(const ConvParams& p) { return {p.h, p.p, p.r, p.strideH, p.padH, p.dilationH}; }
ImageWindows windows_w(const ConvParams& p) { return {p.w, p.q, p.s, p.strideW, p.padW, p.dilationW}; }

// The windows of dy that make a phase of dx. Taps are in the order of what they read, the reverse of the filters'.
ImageWindows windows_of(const Phase& phase) {
  const WindowAxis& axis = phase.windows;
  const int taps = int(axis.taps.divisor), reach = -axis.step * (taps - 1);
  return {axis.extent, phase.elements, taps, 1, reach - axis.first, -axis.step};
}

std::vector<Phase> phases_h(const ConvParams& p) { return phases_of(p.h, p.p, p.r, p.strideH, p.padH, p.dilationH); }
std::vector<Phase> phases_w(const ConvParams& p) { return phases_of(p.w, p.q, p.s, p.strideW, p.padW, p.dilationW); }

bool are_in_tensor_map(const std::vector<Phase>& phases) {
  return std::all_of(phases.begin(), phases.end(), [](const Phase& phase) { return windows_of(phase).in_tensor_map(); });
}

int last_tap(const Phase& phase) { return phase.first_tap + (int(phase.windows.taps.divisor) - 1) * phase.tap_step; }

// Images in one group, few enough to be numbered.
bool are_images(const ConvParams& p) {
  const bool fits = int64_t(p.n) * p.p * p.q + kTileM <= INT32_MAX && int64_t(p.n) * p.h * p.w + kTileM <= INT32_MAX;
  return has_warpgroup_products() && p.d == 1 && p.t == 1 && p.z == 1 && p.padD == 0 && p.groups == 1 && fits;
}

}  // namespace

template <class T>
bool warpgroup_convolution_takes(const T* x, const T* w, const ConvParams& p) {
  return are_images(p) && p.c % kStepDepth == 0 && windows_h(p).in_tensor_map() && windows_w(p).in_tensor_map() && aligned_to_chunks(x) && aligned_to_chunks(w);
}

template <class T>
void warpgroup_convolution(Context& ctx, const T* x, const T* w, const Epilogue<T>& epilogue, const ConvParams& p, TileMoments* moments) {
  const ImageWindows along_h = windows_h(p), along_w = windows_w(p);
  const WindowRows a{image_map(x, p.n, p.c, along_h, along_w, kTileM), {along_h, along_w}, Divisor(p.c / kStepDepth)};
  const int depth = p.r * p.s * p.c;
  warpgroup_gemm(ctx, a, matrix_rows(w, p.k, depth), p.n * p.p * p.q, p.k, steps_of(depth), epilogue, moments);
}

template <class T>
bool warpgroup_input_grad_takes(const T* dy, const T* w, const ConvParams& p) {
  const bool strides = p.strideH <= 8 && p.strideW <= 8;  // four phases are a launch
  return are_images(p) && strides && are_in_tensor_map(phases_h(p)) && are_in_tensor_map(phases_w(p)) && in_tensor_map(dy, p.k) && in_tensor_map(w, p.c);
}

template <class T>
void warpgroup_input_grad(Context& ctx, const T* dy, const T* w, T* dx, const ConvParams& p) {
  const Epilogue<T> epilogue{.y = dx, .vectors = p.c % Epilogue<T>::kVector == 0 && aligned_to_chunks(dx)};
  const TensorMap filters = matrix_columns(w, p.k, p.r * p.s * p.c).map;
  const int steps_per_tap = steps_of(p.k);
  const Phase only = phases_of(1, 1, 1, 1, 0, 1)[0];
  std::vector<PhaseProduct> all;
  for (const Phase& of_h : phases_h(p))
    for (const Phase& of_w : phases_w(p)) {
      const ImageWindows along_h = windows_of(of_h), along_w = windows_of(of_w);
      const WindowRows a{image_map(dy, p.n, p.k, along_h, along_w, kTileM), {along_h, along_w}, Divisor(steps_per_tap)};
      const FilterColumns b{filters, Divisor(steps_per_tap), Divisor(along_w.taps), last_tap(of_h), of_h.tap_step, last_tap(of_w), of_w.tap_step, p.s, p.c};
      const PhaseRows rows{only, of_h, of_w, 1, p.h, p.w, p.c, 0};
      const bool reached = of_h.first_tap >= 0 && of_w.first_tap >= 0;
      all.push_back({a, b, rows, p.n * of_h.elements * of_w.elements, reached ? along_h.taps * along_w.taps * steps_per_tap : 0});
    }
  std::stable_sort(all.begin(), all.end(), [](const PhaseProduct& one, const PhaseProduct& other) { return one.steps > other.steps; });
  for (size_t first = 0; first < all.size(); first += PhasesTogether::kMost) {
    PhasesTogether products{.n = p.c};
    for (size_t i = first; i < std::min(all.size(), first + PhasesTogether::kMost); i++) products.add(all[i]);
    run_products<T>(ctx, products, epilogue);
    }
}

template <class T>
bool warpgroup_weight_grad_takes(const T* x, const T* dy, const ConvParams& p) {
  return are_images(p) && p.c % kBoxColumns == 0 && windows_h(p).in_tensor_map() && windows_w(p).in_tensor_map() && aligned_to_chunks(x) && in_tensor_map(dy, p.k);
}

template <class T>
void warpgroup_weight_grad(Context& ctx, const T* x, const T* dy, T* dw, const ConvParams& p) {
  const ImageWindows along_h = windows_h(p), along_w = windows_w(p);
  const int rows = p.n * p.p * p.q, columns = p.r * p.s * p.c;
  const WindowColumns b{image_map(x, p.n, p.c, along_h, along_w, kStepDepth), {along_h, along_w}, Divisor(p.c), columns};
  warpgroup_gemm(ctx, matrix_columns(dy, rows, p.k), b, p.k, columns, steps_of(rows), Epilogue<T>{.y = dw});
}

#define INSTANTIATE(T)                                                                                         \
  template bool warpgroup_convolution_takes<T>(const T*, const T*, const ConvParams&);                         \
  template void warpgroup_convolution<T>(Context&, const T*, const T*, const Epilogue<T>&, const ConvParams&, TileMoments*); \
  template bool warpgroup_input_grad_takes<T>(const T*, const T*, const ConvParams&);                          \
  template void warpgroup_input_grad<T>(Context&, const T*, const T*, T*, const ConvParams&);                  \
  template bool warpgroup_weight_grad_takes<T>(const T*, const T*, const ConvParams&);                         \
  template void warpgroup_weight_grad<T>(Context&, const T*, const T*, T*, const ConvParams&);
INSTANTIATE(bf16)
INSTANTIATE(f16)
#undef INSTANTIATE

}  // namespace convolt::CONVOLT_BACKEND
