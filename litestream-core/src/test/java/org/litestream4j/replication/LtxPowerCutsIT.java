package org.litestream4j.replication;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import org.litestream4j.BackupFormat;
import org.litestream4j.LtxOptions;
import org.litestream4j.Replica;
import org.litestream4j.format.ltx.LtxFormat;
import org.litestream4j.format.ltx.PlainLtxRestore;
import org.litestream4j.replication.Rig.Feed;

/** The same with a replica in the LTX format, each level of which is made at once. */
class LtxPowerCutsIT extends PowerCuts {

	private static final Duration AT_ONCE = Duration.ofNanos(1);

	private static final LtxOptions OPTIONS = new LtxOptions(List.of(AT_ONCE, AT_ONCE, AT_ONCE), Duration.ZERO);

	LtxPowerCutsIT() {
		super(0, 8);
	}

	@Override
	Feed replica(Rig run) {
		return run.replica("one", Duration.ofHours(24), (store) -> store, LtxFormat.of(OPTIONS));
	}

	@Override
	Optional<Integer> entries(Path replica, Path scratch) throws Exception {
		return PlainLtxRestore.entriesIn(replica, scratch);
	}

	@Override
	Replica.Options options() {
		return Replica.Options.builder().format(BackupFormat.LTX).build();
	}

}
