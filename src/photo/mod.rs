//! From the bytes of a picture to the numbers of a tensor: decode, turn upright, crop, resize, scale.
