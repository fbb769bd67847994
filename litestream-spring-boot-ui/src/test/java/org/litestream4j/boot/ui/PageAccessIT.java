package org.litestream4j.boot.ui;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.Banner;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Where the page is, and who gets what through it.
 */
@TestInstance(Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class PageAccessIT {

	private static final String DATABASE = "/actuator/litestream/dataSource";

	private static final Pattern META = Pattern.compile("<meta name=\"litestream-endpoint\" content=\"([^\"]*)\">");

	private final HttpClient http = HttpClient.newHttpClient();

	private final Set<String> imported = new HashSet<>(Set.of("main.js"));

	private Path directory = Path.of("unset");

	private @Nullable ConfigurableApplicationContext context;

	private String base = "unset";

	@BeforeAll
	void startOneWithEveryDefault(@TempDir Path directory) throws Exception {
		this.directory = directory.toRealPath();
		this.context = start(Open.class, "shared");
		this.base = address(this.context, "local.server.port");
		this.context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
		assertThat(post(this.base + DATABASE + "/sync", "{}").statusCode()).isEqualTo(200);
	}

	@AfterAll
	void stop() {
		if (this.context != null) {
			this.context.close();
		}
	}

	@Test
	void pageIsServedWithItsPartsAndShowsNothingByItself() throws Exception {
		HttpResponse<String> page = get(this.base + "/litestream/");
		assertThat(page.statusCode()).isEqualTo(200);
		assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html;charset=UTF-8");
		assertThat(page.body()).doesNotContain("dataSource", this.directory.toString(), "style=", " onclick", "http");
		Matcher part = Pattern.compile("(?:href|src)=\"((?:css|js|icon)[^\"]*)\"").matcher(page.body());
		int parts = 0;
		while (part.find()) {
			requirePart(part.group(1));
			parts++;
		}
		assertThat(parts).isEqualTo(4);
		assertThat(this.imported).hasSizeGreaterThan(10);
	}

	/** And all that it imports. */
	private void requirePart(String name) throws Exception {
		HttpResponse<String> answer = get(this.base + "/litestream/" + name);
		assertThat(answer.statusCode()).as(name).isEqualTo(200);
		requireProtection(answer);
		assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).as(name)
			.contains(name.endsWith(".js") ? "javascript" : name.endsWith(".css") ? "css" : "svg");
		assertThat(answer.body()).as(name).doesNotContain("innerHTML", "eval(", "@import");
		String tag = answer.headers().firstValue("ETag").orElseThrow();
		assertThat(send(request(this.base + "/litestream/" + name).header("If-None-Match", tag)).statusCode())
			.isEqualTo(304);
		Matcher imported = Pattern.compile("from '\\./([^']+)'").matcher(answer.body());
		while (imported.find()) {
			if (this.imported.add(imported.group(1))) {
				requirePart("js/" + imported.group(1));
			}
		}
	}

	private static void requireProtection(HttpResponse<String> answer) {
		assertThat(answer.headers().map()).containsEntry("content-security-policy",
				List.of("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
						+ "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"))
			.containsEntry("x-content-type-options", List.of("nosniff"))
			.containsEntry("referrer-policy", List.of("no-referrer"))
			.containsEntry("x-frame-options", List.of("DENY"))
			.containsEntry("cross-origin-resource-policy", List.of("same-origin"));
	}

	@Test
	void pageHasTheHeadersThatProtectIt() throws Exception {
		HttpResponse<String> page = get(this.base + "/litestream/");
		requireProtection(page);
		assertThat(page.headers().firstValue("Cache-Control")).hasValue("no-store");
	}

	@Test
	void pathWithoutTheSlashLeadsToThatWithIt() throws Exception {
		HttpResponse<String> answer = get(this.base + "/litestream");
		assertThat(answer.statusCode()).isEqualTo(302);
		assertThat(answer.headers().firstValue("Location")).hasValue("litestream/");
	}

	@ParameterizedTest
	@ValueSource(strings = { "index.html", "js/", "js/nothing.js", "%2e%2e/PageServlet.class", "..%2fPageServlet.class",
			"js%2fmain.js%00", "../application.properties" })
	void nothingElseIsServed(String path) throws IOException {
		String answer = raw("GET /litestream/" + path, "localhost");
		assertThat(answer).matches("(?s)HTTP/1.1 (400|404).*");
	}

	@Test
	void restoredDatabaseIsFetchedAndRemoved() throws Exception {
		assertThat(post(this.base + DATABASE + "/restore", "{\"outputPath\": \"fetched.db\"}").statusCode())
			.isEqualTo(200);
		String file = this.base + DATABASE + "/restored/fetched.db";
		Path written = this.directory.resolve("shared/.app.db-litestream/restores/fetched.db");

		assertThat(get(this.base + DATABASE + "/restored").body()).contains("\"name\":\"fetched.db\"");
		HttpResponse<byte[]> fetched = this.http.send(request(file).build(), BodyHandlers.ofByteArray());
		assertThat(fetched.body()).isEqualTo(Files.readAllBytes(written));
		assertThat(fetched.headers().map()).containsEntry("content-type", List.of("application/vnd.sqlite3"))
			.containsEntry("content-disposition", List.of("attachment"))
			.containsEntry("content-length", List.of(String.valueOf(Files.size(written))))
			.containsEntry("cache-control", List.of("no-store"))
			.containsEntry("x-content-type-options", List.of("nosniff"))
			.containsEntry("content-security-policy", List.of("default-src 'none'; sandbox; frame-ancestors 'none'"));
		HttpResponse<String> part = send(request(file).header("Range", "bytes=0-14"));
		assertThat(part.statusCode()).isEqualTo(206);
		assertThat(part.body()).isEqualTo("SQLite format 3");
		assertThat(send(request(file).DELETE()).statusCode()).isEqualTo(204);
		assertThat(written).doesNotExist();
		assertThat(get(file).statusCode()).isEqualTo(404);
		assertThat(send(request(file).DELETE()).statusCode()).isEqualTo(404);
	}

	@Test
	void onlyWhatWasRestoredIsFetched() throws Exception {
		Path restores = Files.createDirectories(this.directory.resolve("shared/.app.db-litestream/restores"));
		Files.writeString(restores.resolve("other.db"), "of somebody else");
		for (String name : List.of("other.db", "%2e%2e", "..%2f..%2fapp.db", "nothing.db", "x%00.db")) {
			for (String method : List.of("GET", "DELETE")) {
				assertThat(raw(method + " " + DATABASE + "/restored/" + name, "localhost")).as(method + " " + name)
					.matches("(?s)HTTP/1.1 (400|404).*")
					.doesNotContain("of somebody else");
			}
		}
		assertThat(restores.resolve("other.db")).exists();
	}

	@Test
	void postThatAnyWebPageCouldSendIsRefused() throws Exception {
		for (String type : List.of("text/plain", "application/x-www-form-urlencoded",
				"multipart/form-data; boundary=x")) {
			HttpResponse<String> answer = send(request(this.base + DATABASE + "/backup").header("Content-Type", type)
				.POST(HttpRequest.BodyPublishers.ofString("{\"outputPath\": \"stolen.db\"}")));
			assertThat(answer.statusCode()).as(type).isEqualTo(415);
		}
		HttpResponse<String> preflight = send(
				request(this.base + DATABASE + "/restored/x.db").method("OPTIONS", HttpRequest.BodyPublishers.noBody())
					.header("Origin", "http://evil.example")
					.header("Access-Control-Request-Method", "DELETE"));
		assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "Accept-Language: en", "Origin: http://evil.example", "Sec-Fetch-Mode: cors" })
	void browserIsRefusedUnderAnotherName(String header) throws IOException {
		for (String request : List.of("GET /actuator/litestream", "GET " + DATABASE + "/restored/fetched.db",
				"POST " + DATABASE + "/sync", "DELETE " + DATABASE + "/restored/fetched.db")) {
			assertThat(raw(request, "evil.example", header, "X-Forwarded-Host: localhost")).as(request)
				.startsWith("HTTP/1.1 421")
				.contains("litestream.ui.allowed-hosts");
		}
		assertThat(raw("GET /actuator/litestream", "localhost", header)).startsWith("HTTP/1.1 200");
		assertThat(raw("GET /actuator/litestream", "127.0.0.1", header)).startsWith("HTTP/1.1 200");
	}

	@Test
	void programsAndOtherEndpointsAreAnsweredUnderAnyName() throws IOException {
		assertThat(raw("GET /actuator/litestream", "backup.internal")).startsWith("HTTP/1.1 200");
		assertThat(raw("GET /actuator/health", "backup.internal", "Accept-Language: en")).startsWith("HTTP/1.1 200");
	}

	@Test
	void contextPathsAndOtherPathsAreFollowed() throws Exception {
		try (ConfigurableApplicationContext context = start(Open.class, "paths", "--server.servlet.context-path=/app",
				"--spring.mvc.servlet.path=/mvc", "--management.endpoints.web.base-path=/manage",
				"--management.endpoints.web.path-mapping.litestream=replication", "--litestream.ui.path=/ops/backup",
				"--litestream.ui.allowed-hosts=backup.example.org")) {
			String page = address(context, "local.server.port") + "/app/mvc/ops/backup/";
			String endpoint = endpoint(page);
			assertThat(endpoint).endsWith("/app/mvc/manage/replication");
			assertThat(get(endpoint).body()).contains("\"dataSource\"");
			assertThat(get(page + "js/main.js").statusCode()).isEqualTo(200);
			int port = URI.create(page).getPort();
			String path = "GET /app/mvc/manage/replication";
			assertThat(raw(port, path, "evil.example", "Accept-Language: en")).startsWith("HTTP/1.1 421");
			assertThat(raw(port, path, "backup.example.org", "Accept-Language: en")).startsWith("HTTP/1.1 200");
		}
	}

	@Test
	void separatePortHasThePageAndTheApplicationHasNot() throws Exception {
		try (ConfigurableApplicationContext context = start(Open.class, "port", "--management.server.port=0",
				"--server.servlet.context-path=/app", "--spring.mvc.servlet.path=/mvc",
				"--management.server.base-path=/management")) {
			String page = address(context, "local.management.port") + "/management/litestream/";
			String endpoint = endpoint(page);
			assertThat(endpoint).endsWith("/management/actuator/litestream");
			assertThat(get(endpoint).body()).contains("\"dataSource\"");
			assertThat(post(endpoint + "/dataSource/backup", "{\"outputPath\": \"copy.db\"}").statusCode())
				.isEqualTo(200);
			assertThat(get(endpoint + "/dataSource/restored/copy.db").statusCode()).isEqualTo(200);
			assertThat(get(page + "css/page.css").statusCode()).isEqualTo(200);
			int port = URI.create(page).getPort();
			assertThat(raw(port, "GET /management/actuator/litestream", "evil.example", "Accept-Language: en"))
				.startsWith("HTTP/1.1 421");
			String application = address(context, "local.server.port");
			assertThat(get(application + "/app/mvc/litestream/").statusCode()).isEqualTo(404);
			assertThat(get(application + "/app/litestream/").statusCode()).isEqualTo(404);
		}
	}

	@Test
	void securityAppliesToThePageAndToAllThatItAsksFor() throws Exception {
		try (ConfigurableApplicationContext context = start(Secured.class, "secured")) {
			String address = address(context, "local.server.port");
			List<String> reads = List.of("/litestream/", "/litestream/js/main.js", "/actuator/litestream", DATABASE,
					DATABASE + "/restored", DATABASE + "/restored/copy.db");
			for (String path : reads) {
				assertThat(get(address + path).statusCode()).as(path).isEqualTo(401);
				assertThat(send(as("visitor", request(address + path))).statusCode()).as(path).isEqualTo(403);
			}
			HttpResponse<String> page = send(as("operator", request(address + "/litestream/")));
			Matcher csrf = Pattern.compile("data-header=\"([^\"]+)\" content=\"([^\"]+)\"").matcher(page.body());
			assertThat(csrf.find()).isTrue();
			String session = page.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
			HttpRequest.Builder backup = as("operator", request(address + DATABASE + "/backup"))
				.header("Content-Type", "application/json")
				.header("Cookie", session)
				.POST(HttpRequest.BodyPublishers.ofString("{\"outputPath\": \"copy.db\"}"));
			assertThat(send(backup.copy()).statusCode()).as("without the token").isEqualTo(403);
			assertThat(send(backup.copy().header(csrf.group(1), csrf.group(2))).statusCode()).isEqualTo(200);
			String copy = address + DATABASE + "/restored/copy.db";
			assertThat(send(as("operator", request(copy))).statusCode()).isEqualTo(200);
			assertThat(send(as("visitor", request(copy))).statusCode()).isEqualTo(403);
			assertThat(send(request(copy).DELETE()).statusCode()).isIn(401, 403);
			assertThat(send(as("operator", request(copy)).header("Cookie", session)
				.header(csrf.group(1), csrf.group(2))
				.DELETE()).statusCode()).isEqualTo(204);
			String authorization = "Authorization: " + credentials("operator");
			int port = URI.create(address).getPort();
			assertThat(
					raw(port, "GET /actuator/litestream", "backup.example.org", "Accept-Language: en", authorization))
				.as("who is signed in may use any name")
				.startsWith("HTTP/1.1 200");
			assertThat(get(address + "/actuator/health").statusCode()).isEqualTo(200);
		}
	}

	@Test
	void readOnlyEndpointLetsThePageLookAndNothingElse() throws Exception {
		try (ConfigurableApplicationContext context = start(Open.class, "read-only",
				"--management.endpoint.litestream.access=read-only")) {
			String address = address(context, "local.server.port");
			assertThat(get(address + "/litestream/").statusCode()).isEqualTo(200);
			assertThat(get(address + DATABASE).statusCode()).isEqualTo(200);
			assertThat(post(address + DATABASE + "/backup", "{\"outputPath\": \"copy.db\"}").statusCode())
				.isEqualTo(405);
			assertThat(send(request(address + DATABASE + "/restored/copy.db").DELETE()).statusCode()).isEqualTo(405);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "--litestream.ui.enabled=false", "--litestream.enabled=false",
			"--management.endpoint.litestream.access=none", "--management.endpoints.web.exposure.include=health" })
	void withoutThePageOrTheEndpointThereIsNeither(String argument, CapturedOutput output) throws Exception {
		try (ConfigurableApplicationContext context = start(Open.class, "none-" + argument.hashCode(), argument)) {
			String address = address(context, "local.server.port");
			assertThat(get(address + "/litestream/").statusCode()).isEqualTo(404);
			assertThat(get(address + "/litestream").statusCode()).isEqualTo(404);
			assertThat(get(address + DATABASE + "/restored").statusCode()).isEqualTo(404);
			assertThat(output.getAll().contains("The page of litestream-spring-boot-ui is not served"))
				.isEqualTo(argument.startsWith("--management"));
		}
	}

	@Test
	void pageInTheWayOfTheEndpointFailsTheStart() {
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> start(Open.class, "in-the-way", "--management.endpoints.web.base-path=/").close())
			.havingRootCause()
			.withMessageContaining("would be at '/litestream', and the endpoint litestream is at '/litestream'");
	}

	private ConfigurableApplicationContext start(Class<?> application, String name, String... arguments)
			throws IOException {
		Path home = Files.createDirectories(this.directory.resolve(name));
		SpringApplicationBuilder builder = new SpringApplicationBuilder(application).bannerMode(Banner.Mode.OFF)
			.properties(Map.of("server.port", "0", "management.endpoints.web.exposure.include", "health,litestream",
					"spring.datasource.url", "jdbc:sqlite:" + home.resolve("app.db"), "litestream.replicas[0].url",
					home.resolve("replica").toUri().toString()));
		return builder.run(arguments);
	}

	private static String address(ConfigurableApplicationContext context, String port) {
		return "http://localhost:" + context.getEnvironment().getRequiredProperty(port);
	}

	/** Where a page asks, as a browser understands it. */
	private String endpoint(String page) throws Exception {
		Matcher meta = META.matcher(get(page).body());
		assertThat(meta.find()).isTrue();
		return URI.create(page).resolve(meta.group(1)).toString();
	}

	private static HttpRequest.Builder request(String url) {
		return HttpRequest.newBuilder(URI.create(url));
	}

	private static HttpRequest.Builder as(String user, HttpRequest.Builder request) {
		return request.header("Authorization", credentials(user));
	}

	private static String credentials(String user) {
		return "Basic " + Base64.getEncoder().encodeToString((user + ":" + user).getBytes(StandardCharsets.UTF_8));
	}

	private HttpResponse<String> get(String url) throws Exception {
		return send(request(url).GET());
	}

	private HttpResponse<String> post(String url, String body) throws Exception {
		return send(request(url).header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body)));
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return this.http.send(request.build(), BodyHandlers.ofString());
	}

	private String raw(String request, String host, String... headers) throws IOException {
		return raw(URI.create(this.base).getPort(), request, host, headers);
	}

	/** With headers that a client of HTTP would not send. */
	private static String raw(int port, String request, String host, String... headers) throws IOException {
		List<String> lines = new ArrayList<>(List.of(request + " HTTP/1.1", "Host: " + host));
		lines.addAll(List.of(headers));
		lines.addAll(List.of("Content-Type: application/json", "Content-Length: 0", "Connection: close", "", ""));
		try (Socket socket = new Socket("localhost", port)) {
			socket.getOutputStream().write(String.join("\r\n", lines).getBytes(StandardCharsets.US_ASCII));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { ServletWebSecurityAutoConfiguration.class,
			ManagementWebSecurityAutoConfiguration.class, SecurityFilterAutoConfiguration.class })
	static class Open {

	}

	/** As docs/ui.md shows it. */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableWebSecurity
	static class Secured {

		@Bean
		SecurityFilterChain litestreamChain(HttpSecurity http) throws Exception {
			return http
				.securityMatchers((matchers) -> matchers.requestMatchers(EndpointRequest.to("litestream"))
					.requestMatchers("/litestream", "/litestream/**"))
				.authorizeHttpRequests((requests) -> requests.anyRequest().hasRole("OPERATOR"))
				.httpBasic(Customizer.withDefaults())
				.build();
		}

		@Bean
		SecurityFilterChain others(HttpSecurity http) throws Exception {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll()).build();
		}

		@Bean
		UserDetailsService users() {
			return new InMemoryUserDetailsManager(user("operator", "OPERATOR"), user("visitor", "VISITOR"));
		}

		private static UserDetails user(String name, String role) {
			return User.withUsername(name).password("{noop}" + name).roles(role).build();
		}

	}

}
