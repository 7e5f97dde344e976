using Fleet.Core;
using Fleet.Core.Checkouts;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Server.Api.Rpc;

internal static class Times
{
    /// <summary>
    /// A time of a request that may be missing, in whole microseconds; a wrong one is added to the errors.
    /// </summary>
    public static DateTimeOffset? Time(this Timestamp? given, string field, FieldCheck fields) =>
        given is null ? null : fields.CheckTime(field, RequestTime.Read(given.Seconds, given.Nanos));
}
