package org.litestream4j.store.s3;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.testsupport.s3.ScriptedStore;
import org.litestream4j.testsupport.s3.ScriptedStore.Answer;
import org.litestream4j.testsupport.s3.ScriptedStore.Script;

import static org.assertj.core.api.Assertions.assertThat;

class S3LeftUploadsTests {

	private static final String SNAPSHOT = "app/generations/b8e9afb5e0717645/snapshots/00000001.snapshot.lz4";

	private static final String OLD = "2026-11-25T13:59:59Z";

	private static final String UPLOADS = "<ListMultipartUploadsResult><Bucket>bucket</Bucket>"
			+ "<IsTruncated>false</IsTruncated>" + upload(SNAPSHOT, "old", OLD)
			+ upload(SNAPSHOT, "young", "2026-11-25T14:00:01Z")
			+ upload("app/generations/b8e9afb5e0717645/snapshots/mine", "foreign", OLD)
			+ upload("app/generations/b8e9afb5e0717645/wal/00000001.snapshot.lz4", "misplaced", OLD)
			+ upload("app2/generations/b8e9afb5e0717645/snapshots/00000001.snapshot.lz4", "other", OLD)
			+ "<Upload></Upload></ListMultipartUploadsResult>";

	private static String upload(String key, String id, String initiated) {
		return "<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload>".formatted(key, id,
				initiated);
	}

	private static Script store(Answer uploads) {
		return (request, out) -> {
			boolean asked = request.method().equals("GET") && request.target().contains("uploads");
			(asked ? uploads : new Answer(200, Map.of("ETag", "\"x\""), "")).answer(request, out);
		};
	}

	@Test
	void uploadsOfOursThatBeganMoreThanADayAgoAreAbortedOnceAnHour() throws IOException {
		Answer uploads = new Answer(200, Map.of("Date", "Thu, 26 Nov 2026 14:00:00 GMT"), UPLOADS);
		assertThat(targets(uploads)).containsExactly("PUT", "GET", "DELETE", "PUT");
	}

	@Test
	void nothingIsAbortedByAStoreThatDoesNotTellTheTime() throws IOException {
		assertThat(targets(Answer.of(200, UPLOADS))).containsExactly("PUT", "GET", "PUT");
	}

	@Test
	void storeThatRefusesToListUploadsIsWrittenToAllTheSame() throws IOException {
		assertThat(targets(Answer.of(403, "<Error><Code>AccessDenied</Code></Error>"))).containsExactly("PUT", "GET",
				"PUT");
		assertThat(targets(Answer.html(200, "No such page"))).containsExactly("PUT", "GET", "PUT");
	}

	private static List<String> targets(Answer uploads) throws IOException {
		try (ScriptedStore store = new ScriptedStore(store(uploads)); V03Replica client = Scripted.replica(store)) {
			for (int i = 0; i < 2; i++) {
				client.writeWalSegment(new WalPosition(new Generation("b8e9afb5e0717645"), i, 0), Instant.EPOCH,
						(out) -> out.write(1));
			}
			assertThat(store.asked()).filteredOn((request) -> request.method().equals("DELETE"))
				.allSatisfy((request) -> assertThat(request.target()).contains("uploadId=old"));
			return store.asked().stream().map(ScriptedStore.Asked::method).toList();
		}
	}

}
