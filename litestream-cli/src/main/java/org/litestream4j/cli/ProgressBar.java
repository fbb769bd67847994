package org.litestream4j.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

import org.litestream4j.RestoreProgress;

/**
 * Draws how far a restore is, on one line of a terminal, ten times a second at most.
 * Thread-safe.
 */
final class ProgressBar implements RestoreProgress {

	private static final int WIDTH = 30;

	private static final long INTERVAL = 100_000_000;

	private final PrintWriter terminal;

	private final LongSupplier nanoTime;

	private final long startedAt;

	private long drawnAt;

	private int drawnLength;

	ProgressBar(PrintWriter terminal, LongSupplier nanoTime) {
		this.terminal = terminal;
		this.nanoTime = nanoTime;
		this.startedAt = nanoTime.getAsLong();
		this.drawnAt = this.startedAt - INTERVAL;
	}

	/** A bar on a terminal, none elsewhere. */
	static RestoreProgress create(CommonOptions common) {
		boolean wanted = !common.isJson() && !common.isVerbose() && isTerminal();
		return wanted ? new ProgressBar(common.terminal(), System::nanoTime) : NONE;
	}

	/**
	 * From JDK 22 on there is a console even where there is no terminal, and a method
	 * that tells.
	 */
	@SuppressWarnings("SystemConsoleNull")
	private static boolean isTerminal() {
		Console console = System.console();
		if (console == null) {
			return false;
		}
		try {
			return (boolean) Console.class.getMethod("isTerminal").invoke(console);
		}
		catch (ReflectiveOperationException ex) {
			return true; // an older JDK: there is a console only on a terminal
		}
	}

	@Override
	public synchronized void advanced(long done, long total) {
		long now = this.nanoTime.getAsLong();
		boolean finished = done >= total;
		if (!finished && now - this.drawnAt < INTERVAL) {
			return;
		}
		this.drawnAt = now;
		double share = (total > 0) ? (double) done / total : 1;
		double seconds = (now - this.startedAt) / 1e9;
		double rate = (seconds > 0) ? done / seconds : 0;
		String left = (finished || rate <= 0) ? "" : ", %d s left".formatted(Math.round((total - done) / rate));
		int filled = (int) (share * WIDTH);
		draw(String.format(Locale.ROOT, "[%s%s] %3.0f %%  %s of %s, %s/s%s", "#".repeat(filled),
				"-".repeat(WIDTH - filled), Math.floor(share * 100), Text.bytes(done), Text.bytes(total),
				Text.bytes((long) rate), left));
	}

	private void draw(String line) {
		String padding = " ".repeat(Math.max(this.drawnLength - line.length(), 0));
		this.drawnLength = line.length();
		this.terminal.print("\r" + line + padding);
		this.terminal.flush();
	}

	/** Ends the line, whatever else is printed then. */
	synchronized void finish() {
		if (this.drawnLength > 0) {
			this.terminal.println();
			this.terminal.flush();
		}
	}

}
