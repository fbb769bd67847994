package org.litestream4j.format.ltx;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.io.Sha256;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link LtxReader}, {@link LtxWriter} and {@link LtxMerge}, above all with
 * files that the real Litestream v0.5 wrote.
 */
class LtxFilesTests {

	private static final int PAGE = 512;

	static Stream<RecordedLtx> recorded() {
		return RecordedLtx.all();
	}

	static Stream<RecordedLtx.Expected> restores() {
		return RecordedLtx.all().flatMap((replica) -> replica.restores().stream());
	}

	@ParameterizedTest
	@MethodSource("recorded")
	void filesOfTheRealOneSayWhatTheirNamesSay(RecordedLtx recorded) throws IOException {
		LtxReplica replica = recorded.replica();
		List<String> names = new ArrayList<>();
		for (int level = 0; level <= LtxFile.SNAPSHOTS; level++) {
			for (LtxFile file : replica.list(level)) {
				LtxHeader header = replica.header(file);
				assertThat(header.minTxid()).isEqualTo(file.minTxid());
				assertThat(header.maxTxid()).isEqualTo(file.maxTxid());
				assertThat(header.pageSize()).isEqualTo(recorded.pageSize());
				assertThat(header.timestamp()).isEqualTo(recorded.objects().get(replica.name(file)));
				assertThat(pages(replica, file)).isNotEmpty();
				names.add(replica.name(file));
			}
		}
		assertThat(names).containsExactlyInAnyOrderElementsOf(recorded.objects().keySet());
	}

	@ParameterizedTest
	@MethodSource("recorded")
	void whatIsWrittenAgainIsReadAsItWas(RecordedLtx recorded) throws IOException {
		LtxReplica replica = recorded.replica();
		for (LtxFile file : replica.list(0)) {
			LtxHeader header = replica.header(file);
			Map<Integer, byte[]> pages = pages(replica, file);
			byte[] written = write(header, pages);
			assertThat(LtxHeader.parse(written)).isEqualTo(header);
			assertSame(pages(new ByteArrayInputStream(written)), pages);
		}
	}

	@ParameterizedTest
	@MethodSource("restores")
	void mergeOfLevelZeroIsWhatTheRealOneRestores(RecordedLtx.Expected expected) throws Exception {
		LtxReplica replica = expected.replica().replica();
		List<LtxReader> files = new ArrayList<>();
		for (LtxFile file : replica.list(0)) {
			if (file.maxTxid() <= expected.txid()) {
				files.add(new LtxReader(replica.open(file)));
			}
		}
		MessageDigest digest = Sha256.newDigest();
		long size = 0;
		try (LtxMerge merge = new LtxMerge(files)) {
			assertThat(merge.header().minTxid()).isOne();
			assertThat(merge.header().maxTxid()).isEqualTo(expected.txid());
			byte[] page = new byte[merge.header().pageSize()];
			for (int number = merge.next(page); number != 0; number = merge.next(page)) {
				size += page.length;
				assertThat(number).isEqualTo(size / page.length);
				digest.update(page);
			}
		}
		assertThat(size).isEqualTo(expected.size());
		assertThat(Sha256.hex(digest)).isEqualTo(expected.sha256());
	}

	@ParameterizedTest
	@MethodSource("recorded")
	void mergeIsWhatTheRealOneCompacted(RecordedLtx recorded) throws IOException {
		LtxReplica replica = recorded.replica();
		for (int level : List.of(1, 2, 3)) {
			for (LtxFile compacted : replica.list(level)) {
				List<LtxReader> files = new ArrayList<>();
				for (LtxFile file : replica.list(level - 1)) {
					if (file.minTxid() >= compacted.minTxid() && file.maxTxid() <= compacted.maxTxid()) {
						files.add(new LtxReader(replica.open(file)));
					}
				}
				Map<Integer, byte[]> merged = new TreeMap<>();
				LtxHeader header;
				try (LtxMerge merge = new LtxMerge(files)) {
					header = merge.header();
					byte[] page = new byte[header.pageSize()];
					for (int number = merge.next(page); number != 0; number = merge.next(page)) {
						merged.put(number, page.clone());
					}
				}
				assertThat(header).isEqualTo(replica.header(compacted));
				assertSame(merged, pages(replica, compacted));
			}
		}
	}

	@Test
	void placeThatMayBeDeletedIsWhereTheFilesOfEveryLevelAre() {
		assertThat(LtxNames.DIRECTORY.place()).isEqualTo("ltx/");
		assertThat(LtxNames.S3.place()).isEqualTo("0000/ to 0009/");
		for (int level = 0; level <= LtxFile.SNAPSHOTS; level++) {
			assertThat(LtxNames.DIRECTORY.directory(level)).startsWith("ltx/");
			assertThat(LtxNames.S3.directory(level)).isBetween("0000", "0009");
		}
	}

	@Test
	void anyByteThatIsAnotherOneIsFoundOrMakesTheSamePages() throws IOException {
		Map<Integer, byte[]> pages = somePages();
		byte[] file = write(header(2, 4, 4), pages);
		for (int at = 0; at < file.length; at++) {
			byte[] damaged = file.clone();
			damaged[at] ^= (byte) (1 << (at % 8));
			Map<Integer, byte[]> read;
			try {
				read = pages(new ByteArrayInputStream(damaged));
			}
			catch (LtxDamagedException ex) {
				continue;
			}
			assertSame(read, pages);
		}
	}

	@Test
	void fileThatIsCutAnywhereIsDamaged() throws IOException {
		byte[] file = write(header(2, 4, 4), somePages());
		for (int length = 0; length < file.length; length++) {
			byte[] cut = Arrays.copyOf(file, length);
			assertThatExceptionOfType(LtxDamagedException.class).as("of %d bytes", length)
				.isThrownBy(() -> pages(new ByteArrayInputStream(cut)));
		}
	}

	@Test
	void fileThatGoesOnIsDamaged() throws IOException {
		byte[] file = write(header(2, 4, 4), somePages());
		assertThatExceptionOfType(LtxDamagedException.class)
			.isThrownBy(() -> pages(new ByteArrayInputStream(Arrays.copyOf(file, file.length + 1))))
			.withMessageContaining("goes on after its end");
	}

	@Test
	void fileWithoutPagesIsRead() throws IOException {
		byte[] file = write(header(7, 7, 4), Map.of());
		assertThat(pages(new ByteArrayInputStream(file))).isEmpty();
		assertThat(LtxHeader.parse(file)).isEqualTo(header(7, 7, 4));
	}

	@Test
	void pagesThatMustNotFollowAreRefused() throws IOException {
		LtxWriter part = new LtxWriter(new ByteArrayOutputStream(), header(2, 2, 9));
		part.page(3, new byte[PAGE], 0);
		assertThatIllegalArgumentException().isThrownBy(() -> part.page(3, new byte[PAGE], 0))
			.withMessage("page 3 after page 3");
		assertThatIllegalArgumentException().isThrownBy(() -> part.page(10, new byte[PAGE], 0))
			.withMessage("page 10 of a database of 9 pages");
		LtxWriter whole = new LtxWriter(new ByteArrayOutputStream(), header(1, 2, 9));
		whole.page(1, new byte[PAGE], 0);
		assertThatIllegalArgumentException().isThrownBy(() -> whole.page(3, new byte[PAGE], 0))
			.withMessage("page 3 after page 1");
		assertThatIllegalStateException().isThrownBy(whole::finish)
			.withMessage("it ends with page 1 of 9, though it holds every one");
	}

	@Test
	void lockPageIsLeftOutAndDoesNotCountAsMissing() throws IOException {
		LtxHeader header = new LtxHeader(65536, 16387, 1, 1, 0);
		assertThat(header.lockPage()).isEqualTo(16385);
		LtxWriter writer = new LtxWriter(new ByteArrayOutputStream(), header);
		byte[] zeros = new byte[65536];
		for (int page = 1; page <= 16384; page++) {
			writer.page(page, zeros, 0);
		}
		assertThatIllegalArgumentException().isThrownBy(() -> writer.page(16385, zeros, 0))
			.withMessage("page 16385, which is the lock page");
		writer.page(16386, zeros, 0);
		writer.page(16387, zeros, 0);
		assertThat(writer.finish()).isPositive();
	}

	@Test
	void mergeDropsWhatLiesBeyondTheNewestSize() throws IOException {
		byte[] before = write(header(1, 1, 3), Map.of(1, page(1), 2, page(2), 3, page(3)));
		byte[] after = write(header(2, 2, 2), Map.of(2, page(22)));
		try (LtxMerge merge = merge(before, after)) {
			byte[] page = new byte[PAGE];
			assertThat(merge.next(page)).isEqualTo(1);
			assertThat(page).isEqualTo(page(1));
			assertThat(merge.next(page)).isEqualTo(2);
			assertThat(page).isEqualTo(page(22));
			assertThat(merge.next(page)).isZero();
		}
	}

	@Test
	void mergeOfFilesThatOverlapTakesTheNewestPages() throws IOException {
		byte[] before = write(header(1, 5, 2), Map.of(1, page(1), 2, page(2)));
		byte[] after = write(header(3, 7, 2), Map.of(1, page(11)));
		try (LtxMerge merge = merge(before, after)) {
			assertThat(merge.header()).isEqualTo(header(1, 7, 2));
			byte[] page = new byte[PAGE];
			assertThat(merge.next(page)).isEqualTo(1);
			assertThat(page).isEqualTo(page(11));
		}
	}

	@Test
	void mergeOfFilesWithAGapIsRefused() throws IOException {
		byte[] before = write(header(1, 5, 1), Map.of(1, page(1)));
		byte[] after = write(header(7, 7, 1), Map.of(1, page(2)));
		assertThatExceptionOfType(LtxDamagedException.class).isThrownBy(() -> merge(before, after))
			.withMessage(
					"transactions 0000000000000007 to 0000000000000007 do not continue what ends with 0000000000000005");
	}

	@Test
	void mergeSaysWhichFileIsDamaged() throws IOException {
		byte[] before = write(header(1, 1, 1), Map.of(1, page(1)));
		byte[] after = write(header(2, 2, 1), Map.of(1, page(2)));
		after[after.length - 1]++;
		try (LtxMerge merge = merge(before, after)) {
			assertThatExceptionOfType(LtxMerge.InputException.class).isThrownBy(() -> {
				byte[] page = new byte[PAGE];
				while (merge.next(page) != 0) {
					assertThat(page).isNotNull();
				}
			}).satisfies((ex) -> assertThat(ex.input()).isOne()).withMessageContaining("its checksum does not match");
		}
	}

	@Test
	void checksumIsTheOneOfThePublishedExample() {
		// CRC-64/GO-ISO of "123456789"
		Crc64 crc = new Crc64();
		crc.update("123456789".getBytes(StandardCharsets.US_ASCII), 0, 9);
		assertThat(crc.value()).isEqualTo(0xb909_56c7_75a4_1001L);
		Crc64 piecewise = new Crc64();
		for (byte one : "123456789".getBytes(StandardCharsets.US_ASCII)) {
			piecewise.update(new byte[] { one }, 0, 1);
		}
		assertThat(piecewise.value()).isEqualTo(crc.value());
	}

	private static LtxMerge merge(byte[]... files) throws IOException {
		List<LtxReader> readers = new ArrayList<>();
		for (byte[] file : files) {
			readers.add(new LtxReader(new ByteArrayInputStream(file)));
		}
		return new LtxMerge(readers);
	}

	private static LtxHeader header(long minTxid, long maxTxid, int pages) {
		return new LtxHeader(PAGE, pages, minTxid, maxTxid, 1_700_000_000_000L);
	}

	private static byte[] page(int content) {
		byte[] page = new byte[PAGE];
		Arrays.fill(page, (byte) content);
		return page;
	}

	private static Map<Integer, byte[]> somePages() {
		Map<Integer, byte[]> pages = new TreeMap<>();
		for (int number : List.of(1, 3, 4)) {
			byte[] page = page(number);
			for (int i = 0; i < 100; i++) {
				page[i] = (byte) (number * i * i);
			}
			pages.put(number, page);
		}
		return pages;
	}

	private static byte[] write(LtxHeader header, Map<Integer, byte[]> pages) throws IOException {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		LtxWriter writer = new LtxWriter(out, header);
		for (Map.Entry<Integer, byte[]> page : new TreeMap<>(pages).entrySet()) {
			writer.page(page.getKey(), page.getValue(), 0);
		}
		assertThat(writer.finish()).isEqualTo(out.size());
		return out.toByteArray();
	}

	private static Map<Integer, byte[]> pages(LtxReplica replica, LtxFile file) throws IOException {
		try (InputStream in = replica.open(file)) {
			return pages(in);
		}
	}

	private static Map<Integer, byte[]> pages(InputStream in) throws IOException {
		Map<Integer, byte[]> pages = new TreeMap<>();
		LtxReader reader = new LtxReader(in);
		byte[] page = new byte[reader.header().pageSize()];
		for (int number = reader.next(page); number != 0; number = reader.next(page)) {
			pages.put(number, page.clone());
		}
		return pages;
	}

	private static void assertSame(Map<Integer, byte[]> actual, Map<Integer, byte[]> expected) {
		assertThat(actual.keySet()).isEqualTo(expected.keySet());
		actual.forEach((number, page) -> assertThat(page).isEqualTo(expected.get(number)));
	}

}
