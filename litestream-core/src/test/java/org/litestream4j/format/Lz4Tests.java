package org.litestream4j.format;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import net.jpountz.xxhash.XXHashFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link Lz4}.
 */
class Lz4Tests {

	private static final int FLAGS = 4;

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 100, 65535, 65536, 65537, 1 << 20, (1 << 22) + 1, 9_000_000 })
	void decompressWhenCompressedHereGivesTheBytesBack(int length) throws IOException {
		byte[] content = content(1, length);
		assertThat(decompress(compress(content, length))).isEqualTo(content);
		assertThat(decompress(compress(content, 0))).isEqualTo(content);
		assertThat(decompress(compress(content, Long.MAX_VALUE))).isEqualTo(content);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 11, 12, 63, 64, 65, 4096, 8272, 65535, 65536, 65537, 200_000 })
	void compressWhenLittleIsExpectedWritesWhatTheLibraryWouldWrite(int length) throws IOException {
		for (byte[] content : List.of(content(1, length), new byte[length], content(2, 2 * length, length))) {
			ByteArrayOutputStream wanted = new ByteArrayOutputStream();
			try (OutputStream out = new LZ4FrameOutputStream(wanted, BLOCKSIZE.SIZE_64KB, -1,
					LZ4Factory.nativeInstance().fastCompressor(), XXHashFactory.nativeInstance().hash32(),
					FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_CHECKSUM)) {
				out.write(content);
			}
			assertThat(compress(content, length)).isEqualTo(wanted.toByteArray());
			assertThat(compress(content, 0)).isEqualTo(wanted.toByteArray());
			assertThat(compressInPieces(content, 1000)).isEqualTo(wanted.toByteArray());
		}
	}

	private static byte[] compressInPieces(byte[] content, int pieces) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (OutputStream out = Lz4.compress(bytes, 100)) {
			int step = Math.max(content.length / pieces, 1);
			for (int at = 0; at < content.length; at += step) {
				if (step == 1) {
					out.write(content[at]);
				}
				else {
					out.write(content, at, Math.min(step, content.length - at));
				}
			}
		}
		return bytes.toByteArray();
	}

	@Test
	void compressWhenClosedTwiceWritesOneFrame() throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		OutputStream out = Lz4.compress(bytes, 10);
		out.write(content(1, 10));
		out.close();
		out.close();
		assertThat(bytes.toByteArray()).isEqualTo(compress(content(1, 10), 10));
		assertThatIOException().isThrownBy(() -> out.write(1));
	}

	@Test
	void compressWhenFrameBeginsHasTheFlagsThatLitestreamReads() throws IOException {
		for (long expected : new long[] { 0, 1 << 30 }) {
			byte[] frame = compress(content(1, 100), expected);
			assertThat(frame[FLAGS] & 0x20).as("independent blocks").isNotZero();
			assertThat(frame[FLAGS] & 0x10).as("no block checksums").isZero();
			assertThat(frame[FLAGS] & 0x04).as("content checksum").isNotZero();
		}
	}

	@Test
	void compressWhenClosedClosesTheStreamBelow() throws IOException {
		boolean[] closed = new boolean[1];
		OutputStream below = new ByteArrayOutputStream() {
			@Override
			public void close() {
				closed[0] = true;
			}
		};
		Lz4.compress(below, 10).close();
		assertThat(closed[0]).isTrue();
	}

	@Test
	void decompressWhenFramesFollowEachOtherReadsAll() throws IOException {
		byte[] first = content(1, 100_000);
		byte[] second = content(2, 10);
		assertThat(decompress(join(compress(first, 0), compress(second, 1 << 30)))).isEqualTo(join(first, second));
	}

	@Test
	void decompressWhenTruncatedAnywhereFails() throws IOException {
		byte[] frame = compress(content(1, 3000), 0);
		for (int length = 0; length < frame.length; length++) {
			byte[] part = Arrays.copyOf(frame, length);
			assertThatIOException().as("%d of %d bytes", length, frame.length).isThrownBy(() -> decompress(part));
		}
	}

	@Test
	void decompressWhenSecondFrameIsTruncatedAnywhereFails() throws IOException {
		byte[] first = compress(content(1, 100), 0);
		byte[] both = join(first, compress(content(2, 100), 0));
		for (int length = first.length + 1; length < both.length; length++) {
			byte[] part = Arrays.copyOf(both, length);
			assertThatIOException().as("%d of %d bytes", length, both.length).isThrownBy(() -> decompress(part));
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 3, 4, 7, 100 })
	void decompressWhenGarbageFollowsFails(int length) throws IOException {
		byte[] frame = compress(content(1, 3000), 0);
		for (byte value : new byte[] { 0, 1, (byte) 0xff }) {
			byte[] garbage = new byte[length];
			Arrays.fill(garbage, value);
			assertThatIOException().as("%d times %d", length, value).isThrownBy(() -> decompress(join(frame, garbage)));
		}
	}

	static List<Long> seeds() {
		return Seeds.some(10);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void decompressWhenAnySingleBitIsFlippedNeverGivesOtherBytes(long seed) throws IOException {
		Random random = new Random(seed);
		byte[] content = content(seed, 1 + random.nextInt(1500));
		byte[] frame = compress(content, 0);
		int caught = 0;
		for (int bit = 0; bit < frame.length * 8; bit++) {
			frame[bit / 8] ^= (byte) (1 << (bit % 8));
			try {
				// A match may be copied from another place that holds the same bytes.
				assertThat(decompress(frame)).as("bit %d of byte %d", bit % 8, bit / 8).isEqualTo(content);
			}
			catch (IOException ex) {
				caught++;
			}
			frame[bit / 8] ^= (byte) (1 << (bit % 8));
		}
		assertThat(caught).isGreaterThan(frame.length * 7);
	}

	/** Half of it repeats, so that it is compressed, and half of it does not. */
	private static byte[] content(long seed, int length) {
		byte[] content = new byte[length];
		new Random(seed).nextBytes(content);
		Arrays.fill(content, length / 4, length / 4 * 3, (byte) 'x');
		return content;
	}

	/** Does not repeat anywhere. */
	private static byte[] content(long seed, int from, int length) {
		byte[] content = new byte[from];
		new Random(seed).nextBytes(content);
		return Arrays.copyOfRange(content, from - length, from);
	}

	private static byte[] compress(byte[] content, long expectedBytes) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (OutputStream out = Lz4.compress(bytes, expectedBytes)) {
			out.write(content);
		}
		return bytes.toByteArray();
	}

	private static byte[] decompress(byte[] bytes) throws IOException {
		try (InputStream in = Lz4.decompress(new ByteArrayInputStream(bytes))) {
			return in.readAllBytes();
		}
	}

	private static byte[] join(byte[] first, byte[] second) {
		byte[] both = Arrays.copyOf(first, first.length + second.length);
		System.arraycopy(second, 0, both, first.length, second.length);
		return both;
	}

}
