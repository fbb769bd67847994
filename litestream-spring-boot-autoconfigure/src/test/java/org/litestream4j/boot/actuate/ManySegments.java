package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import tools.jackson.databind.json.JsonMapper;

import org.litestream4j.Replica;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.V03Replica;

/**
 * Lists a day of segments, one a second, for many clients at once. Run with a small heap.
 */
final class ManySegments {

	private static final Generation GENERATION = new Generation("0123456789abcdef");

	private static final int SEGMENTS = 86_400;

	private static final int CLIENTS = 16;

	private ManySegments() {
	}

	public static void main(String[] args) throws Exception {
		Replica replica = new Day().snapshot(GENERATION, 0, Instant.EPOCH).named("s3");
		ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
		CyclicBarrier together = new CyclicBarrier(CLIENTS);
		List<Callable<Integer>> requests = new ArrayList<>();
		for (int i = 0; i < CLIENTS; i++) {
			int limit = (i % 2 == 0) ? 10_000 : 1000;
			requests.add(() -> {
				together.await();
				LitestreamReport.Segments page = SegmentPages.page(List.of(replica), limit, null);
				JsonMapper.shared().writeValue(OutputStream.nullOutputStream(), page);
				int counted = ReplicaListings.generations(List.of(replica)).generations().get(0).walSegments();
				return (counted == SEGMENTS) ? page.segments().size() : -1;
			});
		}
		int listed = 0;
		for (Future<Integer> answer : clients.invokeAll(requests)) {
			listed += answer.get();
		}
		clients.shutdown();
		System.out.println("listed " + listed);
	}

	/** Lists as a store does, page by page: nothing is kept. */
	private static final class Day extends MemoryReplica {

		@Override
		void visit(ObjectVisitor visitor) throws IOException {
			boolean more = true;
			for (int i = 0; i < SEGMENTS && more; i++) {
				WalSegment segment = new WalSegment(GENERATION, i / 60, (i % 60) * 4120L, 300,
						Instant.ofEpochSecond(i));
				more = visitor.visit(V03Replica.object(segment));
			}
		}

	}

}
