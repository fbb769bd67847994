package org.litestream4j.cli;

import java.nio.file.Path;
import java.util.List;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.history.diff.Cancellation;
import org.litestream4j.history.diff.TableRestoreOptions;

/** Which tables to restore, where the whole database is not wanted. */
final class TableOptions {

	@Option(names = "-table", paramLabel = "NAME", split = ",",
			description = "Restore only this table, with its indexes and triggers; may be repeated. Needs -into.")
	private List<String> names = List.of();

	@Option(names = "-into", paramLabel = "PATH",
			description = "With -table: the database to restore into. It may be there, if nobody has it open.")
	private @Nullable Path into;

	@Option(names = "-as", paramLabel = "NAME", description = "With one -table: what it is called there.")
	private @Nullable String newName;

	@Option(names = "-require-foreign-keys",
			description = "With -table: restore nothing if a foreign key would lead nowhere, which is otherwise only said.")
	private boolean requireForeignKeys;

	@Option(names = "-temp-directory", paramLabel = "DIR",
			description = "With -table: where the whole database is restored to meanwhile. Default: ${DEFAULT-VALUE}.")
	private Path tempDirectory = Path.of(System.getProperty("java.io.tmpdir"));

	/** Whether tables are wanted, or something is given that is for tables. */
	boolean areWanted() {
		return !this.names.isEmpty() || this.into != null || this.newName != null || this.requireForeignKeys;
	}

	/** Where to. */
	Path requireInto(CommonOptions common) {
		String wrong = null;
		if (this.names.isEmpty()) {
			wrong = "-into, -as and -require-foreign-keys are for tables: name one with -table, or restore all with -output";
		}
		else if (this.newName != null && this.names.size() > 1) {
			wrong = "-as is given for %d tables: restore one after the other".formatted(this.names.size());
		}
		Path path = this.into;
		if (wrong == null && path != null) {
			return path;
		}
		throw new ParameterException(common.spec().commandLine(), (wrong != null) ? wrong
				: "-table is given without -into: the database to restore into is expected, for example -into tables.db");
	}

	TableRestoreOptions options() {
		return new TableRestoreOptions(this.names, this.newName, this.requireForeignKeys, Cancellation.NONE);
	}

	Path tempDirectory() {
		return this.tempDirectory;
	}

}
