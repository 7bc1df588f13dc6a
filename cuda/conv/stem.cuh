// Convolution of images of few channels in 16 bits on the tensor cores; stem.cu has the algorithm.
#pragma once

#include "backend.h"
#include "mma/epilogue.cuh"

namespace convolt::CONVOLT_BACKEND {

// Do these kernels take the convolution? Those of one group in 1-D and 2-D whose channels come in no whole chunks.
bool stem_takes(const ConvParams& p);

// x [n,h,w,c], w [k,r,s,c]. moments: if given, those of y, in scratch memory.
template <class T>
void stem_forward(Context& ctx, const T* x, const T* w, Epilogue<T> epilogue, const ConvParams& p, TileMoments* moments);

// dy [n,p,q,k], dw [k,r,s,c].
template <class T>
void stem_weight_grad(Context& ctx, const T* x, const T* dy, T* dw, const ConvParams& p);

}  // namespace convolt::CONVOLT_BACKEND
