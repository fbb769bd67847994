package org.litestream4j.store.s3;

import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class S3PartSizesTests {

	private static final long MIB = 1 << 20;

	private final S3PartSizes sizes = new S3PartSizes(8 * MIB);

	@Test
	void partsAreOfOneSizeUpToThirtyGigabytes() {
		assertThat(IntStream.rangeClosed(1, 4000).map(this.sizes::ofPart)).containsOnly((int) (8 * MIB));
	}

	@Test
	void partsDoubleEveryThousandFromThere() {
		assertThat(IntStream.of(4001, 5000, 5001, 6001, 10_000).mapToObj(this.sizes::ofPart)).containsExactly(16 << 20,
				16 << 20, 32 << 20, 64 << 20, 512 << 20);
	}

	@Test
	void tenThousandPartsHoldATerabyte() {
		long total = IntStream.rangeClosed(1, 10_000).mapToLong(this.sizes::ofPart).sum();
		assertThat(total).isGreaterThan(1_000_000 * MIB);
	}

	@Test
	void partsNeverPassWhatAnArrayHolds() {
		assertThat(new S3PartSizes(1 << 30).ofPart(10_000)).isEqualTo(1 << 30);
	}

	@Test
	void oneMorePartIsRefusedWithWhatToDo() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.sizes.ofPart(10_001))
			.withMessage("the object needs more than 10000 parts: set a larger part-size");
	}

}
