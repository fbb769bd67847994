package org.litestream4j.store.s3;

/**
 * How large each part of a multipart upload is. A store takes 10,000 parts at most, and
 * how large the object will be is not known when it begins, so parts grow: they stay as
 * configured up to the 4,000th (31 GiB of parts of 8 MiB, all of one size as Cloudflare
 * R2 wants them), and then double every 1,000 (1 TiB in all).
 *
 * @param first bytes of the first part
 */
record S3PartSizes(long first) {

	static final int MAX_PARTS = 10_000;

	private static final int UNIFORM = 4000;

	private static final int STEP = 1000;

	/* An array cannot be larger; S3 allows 5 GiB. */
	private static final long MAX_SIZE = 1 << 30;

	/**
	 * Bytes of a part.
	 * @param number from 1
	 * @throws IllegalArgumentException past the last part, with what to do
	 */
	int ofPart(int number) {
		if (number > MAX_PARTS) {
			throw new IllegalArgumentException(
					"the object needs more than %d parts: set a larger part-size".formatted(MAX_PARTS));
		}
		int doublings = (number <= UNIFORM) ? 0 : (number - UNIFORM - 1) / STEP + 1;
		return (int) Math.min(this.first << doublings, MAX_SIZE);
	}

}
