# A shell script as there are many: run something small, keep a variable, sleep.
count=0
while :; do
    now=$(date +%s)
    words=(one two three "$now")
    text="${words[*]}"
    : "${text//e/E}"
    count=$((count + 1))
    sleep 0.05
done
