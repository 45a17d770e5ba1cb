import urllib.parse


def with_params(url, params):
    """Return the URL with parameters added to its query, as requests adds them."""
    if not params:
        return url
    if isinstance(params, bytes):
        query = params.decode()
    elif isinstance(params, str):
        query = params
    else:
        items = params.items() if hasattr(params, "items") else params
        pairs = []
        for key, values in items:
            if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
                values = [values]
            pairs.extend((key, value) for value in values if value is not None)
        query = urllib.parse.urlencode(pairs, doseq=True)
    if not query:
        return url
    url, hash_sign, fragment = url.partition("#")
    if "?" not in url:
        separator = "?"
    elif url.endswith("?"):
        separator = ""
    else:
        separator = "&"
    return f"{url}{separator}{query}{hash_sign}{fragment}"
