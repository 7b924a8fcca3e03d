using System.Text.Json;

namespace PulumiAliyunLive;

/// <summary>
/// What the plugin uses of .NET 10 and .NET 9 lacks. Compiled into the native build alone, and only while its framework is the older one
/// (<c>NativeFramework</c> in <c>Directory.Build.props</c>).
/// </summary>
static class Newer
{
    extension(JsonElement)
    {
        public static JsonElement Parse(ReadOnlySpan<byte> utf8)
        {
            var reader = new Utf8JsonReader(utf8);
            var element = JsonElement.ParseValue(ref reader);
            // Throws where something follows the value.
            reader.Read();
            return element;
        }

        public static JsonElement Parse(string json)
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.Clone();
        }
    }

    extension<T>(IAsyncEnumerable<T> items)
    {
        public async ValueTask<List<T>> ToListAsync()
        {
            var list = new List<T>();
            await foreach (var item in items) list.Add(item);
            return list;
        }
    }

    extension(ReadOnlySpan<string> items)
    {
        public bool Contains(string value, IEqualityComparer<string> comparer)
        {
            foreach (var item in items)
            {
                if (comparer.Equals(item, value)) return true;
            }

            return false;
        }
    }
}
