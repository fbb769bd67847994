package org.litestream4j.boot.ui;

import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of the page.
 *
 * @param enabled Whether the page is served, if the litestream endpoint is exposed over
 * HTTP.
 * @param path Where the page is, on the port of the actuator and below its context path.
 * @param allowedHosts Names under which a browser that nobody has signed in with may use
 * the endpoint, beside localhost and addresses, without a port. '*' for any: then any web
 * site that such a browser visits may use it too, by making its own name resolve to this
 * server.
 */
@ConfigurationProperties("litestream.ui")
public record LitestreamUiProperties(@DefaultValue("true") boolean enabled, @DefaultValue("/litestream") String path,
		@DefaultValue List<String> allowedHosts) {
}
