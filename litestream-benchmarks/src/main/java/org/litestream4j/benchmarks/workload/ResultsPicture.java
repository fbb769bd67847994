package org.litestream4j.benchmarks.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Results as an SVG: how much is done in a second as a multiple of what is done without
 * replication, how long all commits but one in a thousand take at most, and how large the
 * WAL becomes. It brings its own background, light or dark as the reader's system is.
 */
final class ResultsPicture {

	private static final int WIDTH = 960;

	private static final int TOP = 84;

	private static final int BAR = 13;

	private static final int GAP = 12;

	private static final int RATES = 210;

	private static final int WAITS = 580;

	private static final int SIZES = WIDTH - 10;

	private static final int PANEL = 240;

	/** The shortest time that is drawn, in milliseconds; below it a bar has no length. */
	private static final double SHORTEST = 0.01;

	private static final int DECADES = 6;

	private static final String STYLE = """
			<style>
			.ground { fill: #ffffff } text { fill: #1f2328; font: 12px sans-serif } .faint { fill: #59636e }
			.title { font-size: 14px; font-weight: bold } .line { stroke: #d1d9e0 } .one { stroke: #59636e }
			.none { fill: #8b949e } .starter { fill: #2f81f7 } .v03 { fill: #d29922 } .v05 { fill: #2da44e }
			@media (prefers-color-scheme: dark) {
			.ground { fill: #0d1117 } text { fill: #e6edf3 } .faint { fill: #9198a1 }
			.line { stroke: #3d444d } .one { stroke: #9198a1 }
			}
			</style>
			""";

	private final Results results;

	private final StringBuilder svg = new StringBuilder();

	ResultsPicture(Results results) {
		this.results = results;
	}

	void write(Path path) throws IOException {
		Files.writeString(path, draw());
	}

	private String draw() {
		int bars = this.results.cases().stream().mapToInt((what) -> this.results.variants(what).size()).sum();
		int bottom = TOP + bars * BAR + this.results.cases().size() * GAP;
		double most = mostRatio();
		this.svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
			.formatted(WIDTH, bottom + 30, WIDTH, bottom + 30));
		this.svg.append(STYLE);
		this.svg.append("<rect class=\"ground\" width=\"%d\" height=\"%d\"/>\n".formatted(WIDTH, bottom + 30));
		legend();
		text(RATES, 52, "title", "start", "Done in a second, without replication = 1");
		text(WAITS, 52, "title", "start", "99.9 % of commits take at most");
		text(SIZES, 52, "title", "end", "largest WAL");
		for (double ratio = 0; ratio <= most + 0.01; ratio += 0.5) {
			line(RATES + PANEL * ratio / most, bottom, (ratio == 1) ? "one" : "line",
					String.format(Locale.ROOT, "%.1f", ratio));
		}
		for (int decade = 0; decade <= DECADES; decade++) {
			double milliseconds = SHORTEST * Math.pow(10, decade);
			line(WAITS + PANEL * decade / (double) DECADES, bottom, "line",
					(milliseconds < 1000) ? shortest(milliseconds) + ((milliseconds < 1) ? "" : " ms")
							: shortest(milliseconds / 1000) + " s");
		}
		int y = TOP + GAP / 2;
		for (Case what : this.results.cases()) {
			text(8, y + 11, "", "start", what.kind().title());
			text(8, y + 25, "faint", "start", "%d %s, %s".formatted(what.threads(),
					(what.threads() == 1) ? "thread" : "threads", what.synchronous()));
			for (Variant variant : this.results.variants(what)) {
				bars(what, variant, y, most);
				y += BAR;
			}
			y += GAP;
		}
		return this.svg.append("</svg>\n").toString();
	}

	private void legend() {
		int x = RATES;
		for (Variant variant : Variant.values()) {
			if (this.results.cases().stream().anyMatch((what) -> this.results.variants(what).contains(variant))) {
				rectangle(x, 15, 12, style(variant));
				text(x + 17, 26, "", "start", variant.title());
				x += 40 + variant.title().length() * 6;
			}
		}
	}

	private void bars(Case what, Variant variant, int y, double most) {
		OptionalDouble ratio = this.results.ratio(what, variant, Figure.RATE);
		String rate = Results.text(this.results.median(what, variant, Figure.RATE), 0) + "/s";
		double width = PANEL * ratio.orElse(0) / most;
		rectangle(RATES, y, width, style(variant));
		String said = ratio.isPresent() ? String.format(Locale.ROOT, "%.2f, %s", ratio.getAsDouble(), rate) : rate;
		text(RATES + width + 4, y + BAR - 3, "faint", "start", said);
		double wait = this.results.median(what, variant, Figure.P999).orElse(0);
		double length = PANEL * Math.max(Math.log10(Math.max(wait, SHORTEST) / SHORTEST), 0) / DECADES;
		rectangle(WAITS, y, length, style(variant));
		text(WAITS + length + 4, y + BAR - 3, "faint", "start",
				String.format(Locale.ROOT, (wait < 1) ? "%.3f ms" : "%,.1f ms", wait));
		text(SIZES, y + BAR - 3, "faint", "end",
				Results.text(this.results.median(what, variant, Figure.WAL), 0) + " MB");
	}

	private double mostRatio() {
		List<Double> ratios = new ArrayList<>(List.of(1.0));
		for (Case what : this.results.cases()) {
			for (Variant variant : this.results.variants(what)) {
				this.results.ratio(what, variant, Figure.RATE).ifPresent(ratios::add);
			}
		}
		double largest = ratios.stream().mapToDouble(Double::doubleValue).max().orElse(1);
		return Math.ceil(largest * 2) / 2;
	}

	private static String style(Variant variant) {
		return switch (variant) {
			case NONE -> "none";
			case STARTER -> "starter";
			case V03 -> "v03";
			case V05 -> "v05";
		};
	}

	private static String shortest(double value) {
		return (value < 1) ? Double.toString(Math.round(value * 100) / 100.0) : Long.toString(Math.round(value));
	}

	private void line(double x, int bottom, String style, String label) {
		this.svg.append(String.format(Locale.ROOT, "<line class=\"%s\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>%n",
				style, x, TOP - 8, x, bottom));
		text(x, TOP - 14, "faint", "middle", label);
	}

	private void rectangle(double x, double y, double width, String style) {
		this.svg.append(
				String.format(Locale.ROOT, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>%n",
						style, x, y, Math.max(width, 1), BAR - 2));
	}

	private void text(double x, double y, String style, String anchor, String text) {
		this.svg.append(String.format(Locale.ROOT,
				"<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", style, x, y, anchor, text));
	}

}
